"""Takes the text out of document bytes: txt, md, csv, html, pdf."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from local.bedrock.errors import ValidationError

_SILENT = {"script", "style", "head", "noscript", "template"}
_BLOCKS = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "table", "ul", "ol"}


def document_text(data: bytes, document_format: str, name: str) -> str | None:
    """The document's text, or None for a format that is not read locally; raises `ValidationError` on bad bytes."""
    if document_format == "pdf":
        return _pdf_text(data, name)
    if document_format in {"txt", "md", "csv"}:
        return data.decode("utf-8-sig", errors="replace")
    if document_format == "html":
        return html_text(data.decode("utf-8-sig", errors="replace"))
    return None


def _pdf_text(data: bytes, name: str) -> str:
    try:
        return "\n\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, OSError):
        raise ValidationError(f"The PDF specified was not valid: {name}.") from None


def html_text(markup: str) -> str:
    """The readable text of a page; blocks end lines, scripts and styles are left out."""
    parser = _TextOfPage()
    parser.feed(markup)
    parser.close()
    return re.sub(r"[ \t]*\n\s*\n\s*", "\n\n", re.sub(r"[ \t]+", " ", "".join(parser.pieces))).strip()


class _TextOfPage(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)
