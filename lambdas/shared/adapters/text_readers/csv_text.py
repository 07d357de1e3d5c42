"""Tables in text files, separated by whatever the first lines agree on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from lambdas.shared.adapters.text_readers.encodings import decode_text
from lambdas.shared.adapters.text_readers.extraction import Extraction

_HINT = re.compile(r"sep=([^\r\n])\r?\n", re.IGNORECASE)  # for Excel, as its first line
_DELIMITERS = ("\t", ";", ",", "|")
_LINES_LOOKED_AT = 20
_LONGEST_FIELD = 10_000_000


def read_csv(content: bytes, extraction: Extraction) -> None:
    extraction.part_name = "sheet"
    text = decode_text(content)
    for row in _rows(text):
        cells = [" ".join(cell.split()) for cell in row]
        if any(cells):
            extraction.write(" | ".join(cells) + "\n")
    extraction.end_part()


def _rows(text: str) -> Iterator[list[str]]:
    """A file with a quotation mark that never closes is read line by line, as if it had none."""
    csv.field_size_limit(_LONGEST_FIELD)
    hint = _HINT.match(text)
    text = text[hint.end() :] if hint else text
    delimiter = hint[1] if hint else _delimiter(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        rows = []
    if len(rows) * 2 < sum(1 for line in text.splitlines() if line.strip()) and text.count('"') % 2:
        rows = [line.split(delimiter) for line in text.splitlines()]
    yield from rows


def _delimiter(text: str) -> str:
    """The sign that divides the first lines into the same number of cells, more than one; a comma if none does."""
    lines = [line for line in text[:100_000].splitlines()[: _LINES_LOOKED_AT * 2] if line.strip()][:_LINES_LOOKED_AT]

    def agreement(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max((",", *_DELIMITERS), key=agreement)
