"""stream_events: reads what botocore's own reader reads, however the bytes arrive."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from itertools import pairwise
from zlib import crc32

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from botocore.exceptions import EventStreamError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.adapters.bedrock_event_stream import stream_events


def frame(payload: bytes, **headers: str) -> bytes:
    """Headers are written `message_type` for `:message-type`; all of them are strings, as Bedrock's are."""
    head = b"".join(
        struct.pack("!B", len(name) + 1) + f":{name.replace('_', '-')}".encode() + b"\x07"
        + struct.pack("!H", len(text)) + text.encode()
        for name, text in headers.items()
    )  # fmt: skip
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", crc32(prelude)) + head + payload
    return message + struct.pack("!I", crc32(message))


def event(kind: str, value: object) -> bytes:
    payload = json.dumps(value).encode()
    return frame(payload, message_type="event", event_type=kind, content_type="application/json")


FRAMES = (
    event("messageStart", {"role": "assistant"}),
    event("contentBlockDelta", {"delta": {"text": "Grüße, 世界 🎉"}, "p": "abc"}),
    frame(b"", message_type="event", event_type="somethingNew"),
    event("messageStop", {"stopReason": "end_turn"}),
)
STREAM = b"".join(FRAMES)


def read(chunks: Iterable[bytes]) -> list[tuple[str, bytes]]:
    return list(stream_events(chunks, "ConverseStream"))


def read_by_botocore(content: bytes) -> Iterator[tuple[str, bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(content)
    for message in buffer:
        yield message.headers[":event-type"], message.payload


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_reads_what_botocore_reads_however_it_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[begin:end] for begin, end in pairwise(edges)]
    assert read(chunks) == list(read_by_botocore(STREAM))


def test_an_event_is_there_as_soon_as_its_last_byte_is() -> None:
    whole, then = FRAMES[:2]

    def chunks() -> Iterator[bytes]:
        yield whole + then[:10]
        raise ConnectionError("what follows never comes")

    events = stream_events(chunks(), "ConverseStream")
    assert next(events)[0] == "messageStart"
    with pytest.raises(ConnectionError):
        next(events)


@given(st.integers(0, len(STREAM) - 1), st.integers(1, 255))
def test_no_damaged_event_is_handed_out(at: int, change: int) -> None:
    damaged = bytearray(STREAM)
    damaged[at] ^= change
    found: list[tuple[str, bytes]] = []
    with pytest.raises(ChecksumMismatch):
        for each in stream_events([bytes(damaged)], "ConverseStream"):
            found.append(each)
    assert found == list(read_by_botocore(STREAM))[: len(found)]


@given(st.integers(len(FRAMES[0]) + 1, len(FRAMES[0] + FRAMES[1]) - 1))
def test_half_a_frame_at_the_end_is_dropped(end: int) -> None:
    assert read([STREAM[:end]]) == [("messageStart", b'{"role": "assistant"}')]


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (
            frame(b'{"message": "slow down"}', message_type="exception", exception_type="throttlingException"),
            "throttlingException",
            "slow down",
        ),
        (frame(b"", message_type="exception", exception_type="internalServerException"), "internalServerException", ""),
        (
            frame(b"", message_type="error", error_code="InternalError", error_message="sorry"),
            "InternalError",
            "sorry",
        ),
    ],
)
def test_what_comes_in_the_place_of_an_event_is_raised(content: bytes, code: str, message: str) -> None:
    with pytest.raises(EventStreamError) as raised:
        read([FRAMES[0], content])
    assert raised.value.response["Error"] == {"Code": code, "Message": message}
    assert raised.value.operation_name == "ConverseStream"
