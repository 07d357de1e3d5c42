"""The rows of one worksheet, a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lambdas.shared.adapters.text_readers.cell_formats import Format, number_text
from lambdas.shared.adapters.text_readers.extraction import Extraction

# Empty cells in front of a cell keep the columns apart, up to this many: a lone mark far to the right is one cell.
_WIDEST_GAP = 50
_TEXTS = frozenset({"v", "t"})


class SheetXml:
    """Hears a worksheet and writes its rows; `uncomputed` counts formulas without a stored result."""

    def __init__(
        self, extraction: Extraction, strings: Sequence[str], formats: Sequence[Format], *, since_1904: bool
    ) -> None:
        self.uncomputed = 0
        self._extraction = extraction
        self._strings = strings
        self._formats = formats
        self._since_1904 = since_1904
        self._row: list[str] = []
        self._column = 0
        self._kind = self._style = ""
        self._pieces: list[str] = []
        self._in_text = self._is_formula = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._column = _column(attributes.get("r", "")) or self._column + 1
            self._pieces.clear()
            self._is_formula = False
        elif name in _TEXTS:
            self._in_text = True
        elif name == "f":
            self._is_formula = True
        elif name == "row":
            self._row, self._column = [], 0

    def end(self, name: str) -> None:
        if name in _TEXTS:
            self._in_text = False
        elif name == "c":
            self._end_cell()
        elif name == "row" and self._row:
            self._extraction.write(" | ".join(self._row) + "\n")

    def text(self, text: str) -> None:
        if self._in_text:
            self._pieces.append(text)

    def _end_cell(self) -> None:
        value = "".join(self._pieces)
        if not value:
            self.uncomputed += self._is_formula
            return
        text = " ".join(self._shown(value).split())
        gap = self._column - 1 - len(self._row)
        if 0 < gap <= _WIDEST_GAP:
            self._row.extend([""] * gap)
        self._row.append(text)

    def _shown(self, value: str) -> str:
        if self._kind == "s":
            return self._strings[int(value)] if value.isdecimal() and int(value) < len(self._strings) else ""
        if self._kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if self._kind != "n":
            return value  # text in the cell, a formula's text, an error, an ISO 8601 date
        index = int(self._style) if self._style.isdecimal() else 0
        kind = self._formats[index] if index < len(self._formats) else "number"
        return number_text(value, kind, since_1904=self._since_1904)


def _column(reference: str) -> int:
    """28 of "AB12", 0 where there is no reference."""
    number = 0
    for character in reference[:3]:
        if not "A" <= character <= "Z":
            break
        number = number * 26 + ord(character) - ord("A") + 1
    return number
