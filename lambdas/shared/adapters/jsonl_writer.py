"""Writes JSON lines at the speed of the encoder, in a buffer that does not grow with their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

# Whole buffers go to the sink: large enough that calling it costs nothing, small beside a function's memory.
_FULL = 1024 * 1024


class ByteSink(Protocol):
    """A file, or an upload in parts."""

    def write(self, content: bytearray, /) -> object:
        """Take all of it before returning: the buffer is used again."""
        ...


class JsonlWriter:
    """Text stays UTF-8, so that a record has the size that quotas count. Call `flush` after the last row."""

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._buffer = bytearray()
        self._encode_into = msgspec.json.Encoder().encode_into

    def write(self, row: Mapping[str, Any]) -> int:
        """Add a line; answers its bytes."""
        buffer = self._buffer
        start = len(buffer)
        self._encode_into(row, buffer, start)
        buffer += b"\n"
        size = len(buffer) - start
        if len(buffer) >= _FULL:
            self.flush()
        return size

    def flush(self) -> None:
        """Hand on what is left."""
        if self._buffer:
            self._sink.write(self._buffer)
            self._buffer.clear()
