"""The text of workbooks (.xlsx), sheet by sheet and row by row, by their XML.

openpyxl gives every row all cells up to the last column, so that one mark in column XFD of a million rows makes 16
billion cells; here only the cells that the file holds exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lambdas.shared.adapters.text_readers.cell_formats import CellFormats
from lambdas.shared.adapters.text_readers.extraction import Budget, Extraction, counted
from lambdas.shared.adapters.text_readers.office_package import OfficePackage
from lambdas.shared.adapters.text_readers.safe_xml import OpeningTags
from lambdas.shared.adapters.text_readers.sheet_text import SheetXml

_UNREAD = frozenset({"rPh", "phoneticPr"})  # phonetic guides


def read_xlsx(content: bytes, extraction: Extraction) -> None:
    extraction.part_name = "sheet"
    with OfficePackage(content, extraction.budget, "xlsx") as package:
        main = package.main_part()
        workbook = _WorkbookXml()
        package.parse(main, workbook)
        related = package.relationships(main)
        parts = {relationship.kind: relationship.part for relationship in related}
        strings, formats = _SharedStrings(Budget()), CellFormats()
        if "sharedStrings" in parts:
            package.parse(parts["sharedStrings"], strings)
        if "styles" in parts:
            package.parse(parts["styles"], formats)
        sheets = {r.identifier: r.part for r in related if r.kind == "worksheet"}
        uncomputed = 0
        for sheet in workbook.sheets:
            if sheet.identifier in sheets:
                extraction.write(f"# {sheet.name}{' (hidden sheet)' if sheet.hidden else ''}\n\n")
                rows = SheetXml(extraction, strings.found, formats.by_style, since_1904=workbook.since_1904)
                package.parse(sheets[sheet.identifier], rows)
                extraction.end_part()
                uncomputed += rows.uncomputed
        _report(package, extraction, workbook, uncomputed)


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    identifier: str
    hidden: bool


@dataclass(slots=True)
class _WorkbookXml(OpeningTags):
    sheets: list[_Sheet] = field(default_factory=list)
    since_1904: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append(_Sheet(attributes.get("name", ""), attributes.get("r:id", ""), hidden))
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")


@dataclass(slots=True)
class _SharedStrings:
    """Each string once, as the cells refer to them. They have a budget of their own: not all need be used."""

    budget: Budget
    found: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _unread: int = 0
    _in_text: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._unread or name in _UNREAD:
            self._unread += 1
        elif name == "t":
            self._in_text = True

    def end(self, name: str) -> None:
        if self._unread:
            self._unread -= 1
        elif name == "t":
            self._in_text = False
        elif name == "si":
            self.found.append("".join(self._pieces))
            self._pieces.clear()

    def text(self, text: str) -> None:
        if self._in_text and not self._unread:
            self.budget.take_characters(len(text))
            self._pieces.append(text)


def _report(package: OfficePackage, extraction: Extraction, workbook: _WorkbookXml, uncomputed: int) -> None:
    hidden = sum(sheet.hidden for sheet in workbook.sheets)
    if hidden:
        extraction.skip(f"Read as well: {counted(hidden, 'hidden sheet')}.")
    if uncomputed:
        extraction.skip(
            f"Without a stored result: {counted(uncomputed, 'formula')}; save the workbook in a spreadsheet program."
        )
    package.report_unread(extraction)
