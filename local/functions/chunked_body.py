"""Reads an HTTP/1.1 chunked body piece by piece, with its trailers (RFC 9112, section 7.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BufferedIOBase

_LONGEST_LINE = 2 * 1024 * 1024  # a trailer may carry a whole error object


class TruncatedBodyError(Exception):
    """The connection ended, or stopped making sense, before the body's end."""


class ChunkedBody:
    """Iterate for the chunks, each as soon as it is complete; afterwards `trailers` has lower-case names."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream
        self.trailers: Mapping[str, str] = {}

    def __iter__(self) -> Iterator[bytes]:
        while size := self._chunk_size():
            data = self._stream.read(size)
            if len(data) < size or self._line() != b"":
                raise TruncatedBodyError
            yield data
        self.trailers = self._read_trailers()

    def _chunk_size(self) -> int:
        try:
            return int(self._line().split(b";", 1)[0], 16)
        except ValueError as error:
            raise TruncatedBodyError from error

    def _read_trailers(self) -> dict[str, str]:
        trailers: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(":")
            trailers[name.strip().lower()] = value.strip()
        return trailers

    def _line(self) -> bytes:
        line = self._stream.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise TruncatedBodyError
        return line.rstrip(b"\r\n")
