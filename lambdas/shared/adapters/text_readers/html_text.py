"""The visible text of web pages, with headings, lists and tables, in one pass of libxml2's forgiving parser."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lambdas.shared.adapters.text_readers.encodings import decode_text
from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.adapters.text_readers.text_blocks import TextBlocks

_UNSEEN = frozenset(
    {"script", "style", "noscript", "template", "iframe", "object", "svg", "canvas", "audio", "video", "select", "math"}
)
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main", "nav", "ol", "p",
        "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul", "caption",
    }
)  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9_:.-]{2,40})""", re.I
)
_CHARSET_WITHIN = 4096
_PIECE = 64 * 1024
_SPACE = re.compile(r"[ \t\r\n\f\xa0\u200b]+")


def read_html(content: bytes, extraction: Extraction) -> None:
    declared = _CHARSET.search(content, 0, _CHARSET_WITHIN)
    write_html(decode_text(content, declared[1].decode("ascii") if declared else None), extraction)
    extraction.end_part()


def write_html(markup: str, extraction: Extraction) -> None:
    """The page's text into the part that is open."""
    from lxml.etree import HTMLParser, XMLSyntaxError

    page = _Page(extraction)
    # One pass without a tree: neither depth nor size of a page can fill the memory.
    parser = HTMLParser(target=page, encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        for start in range(0, len(markup), _PIECE):
            parser.feed(markup[start : start + _PIECE].replace("\0", "").encode("utf-8", "replace"))
        parser.close()
    except XMLSyntaxError:  # nothing in it but comments
        page.close()


class _Page:
    """lxml's parser target: https://lxml.de/parsing.html#the-target-parser-interface"""

    def __init__(self, extraction: Extraction) -> None:
        self._blocks = TextBlocks(extraction)
        self._pieces: list[str] = []
        self._unseen: list[str] = []
        self._heading = 0
        self._bullet: int | None = None
        self._lists = 0
        self._pre = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._unseen or tag in _UNSEEN or _is_hidden(attributes):
            self._unseen.append(tag)
            return
        if tag in _BLOCKS or tag in _HEADINGS:
            self._end_paragraph()
        if tag == "br":
            self._pieces.append("\n")
        self._heading = 1 if tag == "title" else _HEADINGS.get(tag, self._heading)
        self._lists += tag in ("ul", "ol")
        self._pre += tag == "pre"
        if tag == "li":
            self._bullet = max(self._lists - 1, 0)
        self._table(tag, {"table": "start_table", "tr": "start_row", "td": "start_cell", "th": "start_cell"})

    def end(self, tag: str) -> None:
        if self._unseen:
            self._unseen.pop()
            return
        if tag in _BLOCKS or tag in _HEADINGS:
            self._end_paragraph()
        if tag in _HEADINGS or tag == "title":
            self._heading = 0
        self._lists -= tag in ("ul", "ol")
        self._pre -= tag == "pre"
        self._table(tag, {"table": "end_table", "tr": "end_row", "td": "end_cell", "th": "end_cell"})

    def data(self, text: str) -> None:
        if not self._unseen:
            self._pieces.append(text if self._pre else _SPACE.sub(" ", text))

    def close(self) -> None:
        self._end_paragraph()
        self._blocks.close()

    def _table(self, tag: str, actions: Mapping[str, str]) -> None:
        if tag in actions:
            getattr(self._blocks, actions[tag])()

    def _end_paragraph(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        if not self._pre:
            text = "\n".join(_SPACE.sub(" ", line).strip() for line in text.split("\n"))
        if text.strip():
            self._blocks.paragraph(text, heading=self._heading, bullet=self._bullet)
            self._bullet = None


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    return "hidden" in attributes or bool(_HIDING.search(attributes.get("style") or ""))
