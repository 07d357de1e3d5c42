"""Writes CSV as RFC 4180 has it, in memory that is bounded: https://www.rfc-editor.org/rfc/rfc4180."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from lambdas.shared.adapters.jsonl_writer import ByteSink

_FLUSH_CHARACTERS = 256 * 1024
# Without it, Excel takes a CSV file for one in the computer's old code page.
_BYTE_ORDER_MARK = "\ufeff"


class CsvWriter:
    """A `TableWriter`: UTF-8 with a byte order mark, rows end with CRLF. Call `flush` after the last row."""

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._text = io.StringIO(newline="")
        self._text.write(_BYTE_ORDER_MARK)
        self._rows = csv.writer(self._text)

    def write(self, cells: Sequence[str]) -> None:
        """Add a row."""
        self._rows.writerow(cells)
        if self._text.tell() >= _FLUSH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Hand on what is left."""
        # a lone half of a character, which JSON may carry, is no UTF-8
        self._sink.write(memoryview(self._text.getvalue().encode("utf-8", "replace")))
        self._text.seek(0)
        self._text.truncate()
