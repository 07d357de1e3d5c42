"""Event streams as frames: which of them carry a piece of an answer, and how an exception is framed.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from moto.core.eventstream import EventStreamEncoder, EventStreamMessage

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_PRELUDE_BYTES = 12
_PIECES = (b"contentBlockDelta", b"chunk")
_END = b"messageStop"


def frames(body: Iterable[bytes]) -> Iterator[bytes]:
    """One frame at a time, however the bytes come."""
    held = b""
    for data in body:
        held += data
        while len(held) >= _PRELUDE_BYTES and len(held) >= (length := struct.unpack(">I", held[:4])[0]):
            yield held[:length]
            held = held[length:]
    if held:
        yield held


def carries_a_piece(frame: bytes) -> bool:
    """Whether the frame brings a part of the model's answer."""
    return any(name in _headers(frame) for name in _PIECES)


def ends_the_answer(frame: bytes) -> bool:
    """Whether the frame says that the answer is whole."""
    return _END in _headers(frame)


def _headers(frame: bytes) -> bytes:
    return frame[_PRELUDE_BYTES : _PRELUDE_BYTES + struct.unpack(">I", frame[4:8])[0]]


def exception_frame(code: str, message: str) -> bytes:
    """An error in mid-stream; `code` as in the service model, e.g. ModelStreamErrorException."""
    headers: dict[str, Any] = {
        ":message-type": "exception",
        ":exception-type": code[0].lower() + code[1:],
        ":content-type": "application/json",
    }
    return bytes(
        EventStreamEncoder().encode_event(EventStreamMessage(headers, json.dumps({"message": message}).encode()))
    )
