"""The text of presentations (.pptx), slide by slide with the speaker's notes, by their XML.

python-pptx brings lxml, Pillow and XlsxWriter along, and leaves the text of diagrams (SmartArt) out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lambdas.shared.adapters.text_readers.extraction import Extraction, counted
from lambdas.shared.adapters.text_readers.office_package import OfficePackage
from lambdas.shared.adapters.text_readers.safe_xml import OpeningTags
from lambdas.shared.adapters.text_readers.text_blocks import TextBlocks
from lambdas.shared.domain.document_limits import MOST_PAGES
from lambdas.shared.domain.errors import UnreadableDocumentError

_TITLES = frozenset({"title", "ctrTitle"})
_LISTS = frozenset({"body", "obj", "content"})
# the slide's number, date and footer, and on a page of notes the small picture of the slide
_FURNITURE = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})


def read_pptx(content: bytes, extraction: Extraction) -> None:
    extraction.part_name = "slide"
    with OfficePackage(content, extraction.budget, "pptx") as package:
        main = package.main_part()
        order = _SlideOrder()
        package.parse(main, order)
        slides = {r.identifier: r.part for r in package.relationships(main) if r.kind == "slide"}
        listed = [slides[identifier] for identifier in order.identifiers if identifier in slides]
        if len(listed) > MOST_PAGES:
            raise UnreadableDocumentError(
                f"The presentation has {len(listed):,} slides; at most {MOST_PAGES:,} are read. Split it.",
                code="too_many_pages",
            )
        hidden = sum(_read_slide(package, part, extraction) for part in listed)
        if hidden:
            extraction.skip(f"Read as well: {counted(hidden, 'hidden slide')}.")
        package.report_unread(extraction)


def _read_slide(package: OfficePackage, part: str, extraction: Extraction) -> bool:
    """One part of the text; whether the slide is hidden."""
    related = package.relationships(part)
    slide = _SlideXml()
    package.parse(part, slide)
    slide.write(extraction)
    for relationship in related:
        if relationship.kind == "diagramData":
            diagram = _SlideXml()
            package.parse(relationship.part, diagram)
            diagram.write(extraction)
        elif relationship.kind == "notesSlide":
            notes = _SlideXml(only="body")
            package.parse(relationship.part, notes)
            if notes.shapes:
                extraction.write("\nSpeaker notes:\n\n")
                notes.write(extraction, lists=False)
    extraction.end_part()
    return slide.hidden


@dataclass(slots=True)
class _SlideOrder(OpeningTags):
    identifiers: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sldId":
            self.identifiers.append(attributes.get("r:id", ""))


@dataclass(slots=True)
class _Shape:
    """`lines` are (text, list level), and between them words for where a table, its rows and cells begin and end."""

    role: str = ""
    lines: list[tuple[str, int] | str] = field(default_factory=list)


class _SlideXml:
    """Hears a slide, a page of notes or a diagram; `only` keeps the shapes of one role."""

    def __init__(self, only: str | None = None) -> None:
        self.shapes: list[_Shape] = []
        self.hidden = False
        self._only = only
        self._shape = _Shape()
        self._pieces: list[str] = []
        self._level = 0
        self._unread = 0
        self._in_text = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._unread or name == "Fallback":
            self._unread += 1
        elif name == "sld":
            self.hidden = attributes.get("show") in ("0", "false")
        elif name in ("sp", "graphicFrame"):
            self._end_shape()
        elif name == "ph":
            self._shape.role = attributes.get("type", "obj")
        elif name == "p":
            self._pieces, self._level = [], 0
        elif name == "pPr":
            self._level = int(level) if (level := attributes.get("lvl", "0")).isdecimal() else 0
        elif name == "t":
            self._in_text = True
        elif name == "br":
            self._pieces.append("\n")
        elif name in ("tbl", "tr", "tc"):
            self._shape.lines.append(f"start {name}")

    def end(self, name: str) -> None:
        if self._unread:
            self._unread -= 1
        elif name == "t":
            self._in_text = False
        elif name == "p":
            self._shape.lines.append(("".join(self._pieces), self._level))
            self._pieces = []
        elif name in ("tbl", "tr", "tc"):
            self._shape.lines.append(f"end {name}")
        elif name in ("sp", "graphicFrame", "sld", "notes", "dataModel"):
            self._end_shape()

    def text(self, text: str) -> None:
        if self._in_text and not self._unread:
            self._pieces.append(text)

    def _end_shape(self) -> None:
        shape, self._shape = self._shape, _Shape()
        wanted = shape.role == self._only if self._only else shape.role not in _FURNITURE
        if wanted and any(line[0].strip() for line in shape.lines if isinstance(line, tuple)):
            self.shapes.append(shape)

    def write(self, extraction: Extraction, *, lists: bool = True) -> None:
        """The title first, wherever it was drawn; what people type into a body is a list, except in notes."""
        blocks = TextBlocks(extraction)
        for shape in sorted(self.shapes, key=lambda shape: shape.role not in _TITLES):
            for line in shape.lines:
                _write_line(blocks, shape.role if lists else "", line)
        blocks.close()


def _write_line(blocks: TextBlocks, role: str, line: tuple[str, int] | str) -> None:
    if isinstance(line, str):
        {
            "start tbl": blocks.start_table, "start tr": blocks.start_row, "start tc": blocks.start_cell,
            "end tbl": blocks.end_table, "end tr": blocks.end_row, "end tc": blocks.end_cell,
        }[line]()  # fmt: skip
        return
    text, level = line
    blocks.paragraph(text, heading=1 if role in _TITLES else 0, bullet=level if role in _LISTS else None)
