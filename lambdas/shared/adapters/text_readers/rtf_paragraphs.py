"""The paragraphs of an RTF document: headings by their style, list items, and tables, which nothing ends."""

from __future__ import annotations

import re
from collections.abc import Callable

from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.adapters.text_readers.text_blocks import TextBlocks

_HEADING = re.compile(r"\s*heading (\d);?\s*", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class RtfParagraphs:
    def __init__(self, extraction: Extraction) -> None:
        self._blocks = TextBlocks(extraction)
        self._pieces: list[str] = []
        self._levels: dict[int, int] = {}
        self._style = -1
        self._outline = 0
        self._bullet = self._in_table = self._table_open = self._cell_open = False

    def words(self) -> dict[str, Callable[[int], None]]:
        """The control words that concern paragraphs, and what each does with its number."""
        return {
            **dict.fromkeys(("par", "sect", "page"), lambda _: self._end_paragraph()),
            "cell": lambda _: self._end_cell(),
            "row": lambda _: self._blocks.end_row(),
            "pard": lambda _: self._reset(),
            "intbl": lambda _: self._set_in_table(),
            "s": self._set_style,
            "outlinelevel": self._set_outline,
        }

    def put(self, text: str) -> None:
        self._pieces.append(text)

    def mark_bullet(self) -> None:
        self._bullet = True

    def name_style(self, text: str) -> None:
        """The style sheet names the style whose number was heard last."""
        found = _HEADING.fullmatch(text)
        if found:
            self._levels.setdefault(self._style, int(found[1]))

    def close(self) -> None:
        self._end_paragraph()
        self._blocks.close()

    def _end_paragraph(self) -> None:
        text = "".join(self._pieces)
        if _SURROGATE.search(text):  # characters beyond U+FFFF come as two
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self._pieces.clear()
        if self._in_table:
            self._open_cell()
        elif self._table_open and text.strip():
            self._blocks.end_table()
            self._table_open = self._cell_open = False
        heading = self._outline or self._levels.get(self._style, 0)
        self._blocks.paragraph(text, heading=heading, bullet=0 if self._bullet else None)
        self._bullet = False

    def _open_cell(self) -> None:
        if not self._table_open:
            self._blocks.start_table()
        if not self._cell_open:
            self._blocks.start_cell()
        self._table_open = self._cell_open = True

    def _end_cell(self) -> None:
        self._in_table = True
        self._end_paragraph()
        self._blocks.end_cell()
        self._cell_open = False

    def _reset(self) -> None:
        self._style, self._outline, self._in_table = -1, 0, False

    def _set_in_table(self) -> None:
        self._in_table = True

    def _set_style(self, number: int) -> None:
        self._style = number

    def _set_outline(self, number: int) -> None:
        self._outline = number + 1 if 0 <= number < 9 else 0
