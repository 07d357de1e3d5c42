"""Paragraphs, headings, lists and tables as light Markdown, however deep tables lie in tables."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambdas.shared.adapters.text_readers.extraction import Extraction

_DEEPEST_HEADING = 6


@dataclass(slots=True)
class _Table:
    row: list[list[str]] = field(default_factory=list)
    in_cell: bool = False


class TextBlocks:
    """Writes blocks into an extraction, an empty line between them, the rows of a table line by line."""

    def __init__(self, extraction: Extraction) -> None:
        self._extraction = extraction
        self._tables: list[_Table] = []
        self._was = ""

    def paragraph(self, text: str, *, heading: int = 0, bullet: int | None = None) -> None:
        """`heading` is its level from 1 (0: none), `bullet` a list item's depth from 0."""
        text = text.strip()
        if not text:
            return
        if heading:
            # a heading must stay one line to be one
            self._emit("heading", f"{'#' * min(heading, _DEEPEST_HEADING)} {' '.join(text.split())}")
        elif bullet is not None:
            self._emit("item", f"{'  ' * min(bullet, _DEEPEST_HEADING)}- {text}")
        else:
            self._emit("paragraph", text)

    def start_table(self) -> None:
        self._tables.append(_Table())

    def end_table(self) -> None:
        if self._tables:
            self.end_row()
            self._tables.pop()

    def start_row(self) -> None:
        self.end_row()

    def start_cell(self) -> None:
        if self._tables:
            self._tables[-1].row.append([])
            self._tables[-1].in_cell = True

    def end_cell(self) -> None:
        if self._tables:
            self._tables[-1].in_cell = False

    def end_row(self) -> None:
        """A row with one filled cell is a frame around paragraphs, as letters and web pages are laid out."""
        if not self._tables:
            return
        table = self._tables[-1]
        row, table.row, table.in_cell = table.row, [], False
        filled = [cell for cell in row if cell]
        if len(filled) == 1:
            for line in filled[0]:
                self._emit("row" if len(row) > 1 else "paragraph", line)
        elif filled:
            self._emit("row", " | ".join(" ".join(" ".join(cell).split()) for cell in row))

    def close(self) -> None:
        while self._tables:
            self.end_table()

    def _emit(self, what: str, line: str) -> None:
        for table in reversed(self._tables):
            if table.in_cell:
                table.row[-1].append(line)
                return
        together = what == self._was and what in ("row", "item")
        self._extraction.write(f"{line}\n" if not self._was or together else f"\n{line}\n")
        self._was = what
