"""Writes JSON lines at the speed of the encoder, in memory that is taken once, however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

# Large enough that calling the sink costs nothing, small beside a function's memory.
_BUFFER_BYTES = 1024 * 1024


class ByteSink(Protocol):
    """A file, or an upload in parts."""

    def write(self, content: memoryview, /) -> object:
        """Take all of it before returning: the buffer is used again."""
        ...


class JsonlWriter:
    """Text stays UTF-8, so that a record has the size that quotas count. Call `flush` after the last row.

    Each line is encoded into a small buffer that stays, and copied into a large one that stays: a buffer that grows and
    is emptied again spends more time on its memory than on the text.
    """

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._line = bytearray()
        self._lines = memoryview(bytearray(_BUFFER_BYTES))
        self._end = 0
        self._encode_into = msgspec.json.Encoder().encode_into

    def write(self, row: Mapping[str, Any]) -> int:
        """Add a line; answers its bytes."""
        line = self._line
        self._encode_into(row, line)
        line += b"\n"
        size = len(line)
        end = self._end + size
        if end > _BUFFER_BYTES:
            self.flush()
            end = size
            if size > _BUFFER_BYTES:
                self._sink.write(memoryview(line))
                self._line = bytearray()
                return size
        self._lines[self._end : end] = line
        self._end = end
        return size

    def flush(self) -> None:
        """Hand on what is left."""
        if self._end:
            self._sink.write(self._lines[: self._end])
            self._end = 0
