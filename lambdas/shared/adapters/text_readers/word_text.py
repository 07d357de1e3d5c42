"""The text of Word documents (.docx), by its XML.

python-docx reads a paragraph's direct runs alone: what stands in content controls (all fields of a form), in tracked
insertions, in text boxes and in footnotes is not in its text. In a summary that would be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.adapters.text_readers.office_package import OfficePackage
from lambdas.shared.adapters.text_readers.text_blocks import TextBlocks
from lambdas.shared.adapters.text_readers.word_styles import ParagraphStyles, paragraph_styles

# deleted and moved away, field codes, phonetic guides, and the second copy of what newer programs draw
_UNREAD = frozenset({"del", "moveFrom", "instrText", "delText", "rt", "Fallback", "rPrChange", "pPrChange"})
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_OFF = frozenset({"0", "false", "off"})
_NOTES = {"footnotes": ("footnote", ""), "endnotes": ("endnote", "e")}


def read_docx(content: bytes, extraction: Extraction) -> None:
    with OfficePackage(content, extraction.budget, "docx") as package:
        main = package.main_part()
        related = {relationship.kind: relationship.part for relationship in package.relationships(main)}
        styles = paragraph_styles(package, related.get("styles"))
        blocks = TextBlocks(extraction)
        package.parse(main, _WordXml(blocks, styles))
        blocks.close()
        for kind, (_, letter) in _NOTES.items():
            if kind in related:
                package.parse(related[kind], _WordXml(blocks, ParagraphStyles(), note_letter=letter))
        extraction.end_part()
        if "comments" in related:
            extraction.skip("The reviewers' comments were not read.")
        package.report_unread(extraction)


@dataclass(slots=True)
class _Paragraph:
    pieces: list[str] = field(default_factory=list)
    style: str = ""
    outline: int = 0
    bullet: int | None = None


class _WordXml:
    """Hears a document, footnotes or endnotes part. Paragraphs lie within paragraphs where a text box is anchored."""

    def __init__(self, blocks: TextBlocks, styles: ParagraphStyles, *, note_letter: str | None = None) -> None:
        self._blocks = blocks
        self._styles = styles
        self._note_letter = note_letter
        self._note = ""
        self._open: list[_Paragraph] = []
        self._unread = 0
        self._in_text = self._in_run = self._hidden = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._unread or name in _UNREAD:
            self._unread += 1
        elif name == "p":
            self._open.append(_Paragraph())
        elif name == "t":
            self._in_text = True
        elif name == "r":
            self._in_run, self._hidden = True, False
        elif name in ("tbl", "tr", "tc"):
            self._start_table(name)
        elif name in ("footnote", "endnote"):
            self._start_note(attributes)
        elif self._open:
            self._within_paragraph(name, attributes)

    def end(self, name: str) -> None:
        if self._unread:
            self._unread -= 1
        elif name == "p" and self._open:
            self._end_paragraph(self._open.pop())
        elif name == "t":
            self._in_text = False
        elif name == "r":
            self._in_run = False
        elif name == "tc":
            self._blocks.end_cell()
        elif name == "tr":
            self._blocks.end_row()
        elif name == "tbl":
            self._blocks.end_table()

    def text(self, text: str) -> None:
        if self._in_text and not self._unread and not self._hidden and self._open:
            self._open[-1].pieces.append(text)

    def _start_table(self, name: str) -> None:
        {"tbl": self._blocks.start_table, "tr": self._blocks.start_row, "tc": self._blocks.start_cell}[name]()

    def _start_note(self, attributes: Mapping[str, str]) -> None:
        if "type" in attributes:  # the line between text and notes
            self._unread += 1
        self._note = f"[^{self._note_letter}{attributes.get('id', '')}]: "

    def _within_paragraph(self, name: str, attributes: Mapping[str, str]) -> None:
        paragraph, value = self._open[-1], attributes.get("val", "")
        if name in _SIGNS and self._in_run:  # outside of a run a "tab" is a tab stop
            paragraph.pieces.append(_SIGNS[name])
        elif name == "vanish" and self._in_run:
            self._hidden = value not in _OFF
        elif name == "pStyle":
            paragraph.style = value
        elif name == "outlineLvl":
            paragraph.outline = int(value) + 1 if value.isdecimal() and int(value) < 9 else 0
        elif name == "ilvl":
            paragraph.bullet = int(value) if value.isdecimal() else 0
        elif name == "numId" and value == "0":
            paragraph.bullet = None
        elif name == "numId" and paragraph.bullet is None:
            paragraph.bullet = 0
        elif name in ("footnoteReference", "endnoteReference"):
            paragraph.pieces.append(f"[^{'e' if name.startswith('e') else ''}{attributes.get('id', '')}]")

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.pieces)
        heading = paragraph.outline or self._styles.headings.get(paragraph.style, 0)
        bullet = self._styles.lists.get(paragraph.style) if paragraph.bullet is None else paragraph.bullet
        if self._note and text.strip():
            text, self._note = self._note + text.strip(), ""
        self._blocks.paragraph(
            text, heading=heading, bullet=None if heading or self._note_letter is not None else bullet
        )
