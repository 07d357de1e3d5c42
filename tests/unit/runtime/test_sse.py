"""Server-sent events end in an event, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator

import pytest

from lambdas.shared.domain.errors import ModelStreamInterruptedError, ModelThrottledError
from lambdas.shared.runtime.http import Response
from lambdas.shared.runtime.sse import sse_event, sse_response


def encode(item: int) -> bytes:
    return sse_event("number", {"value": item})


def body_of(response: Response) -> Iterator[bytes]:
    assert not isinstance(response.body, bytes)
    return response.body


def numbers(count: int, error: Exception | None = None, closed: list[bool] | None = None) -> Generator[int, None, None]:
    try:
        yield from range(count)
        if error:
            raise error
    finally:
        if closed is not None:
            closed.append(True)


def test_an_event_is_a_name_and_one_line_of_json() -> None:
    assert sse_event("delta", {"text": "a\nb\r\n\u2028"}) == (
        'event: delta\ndata: {"text":"a\\nb\\r\\n\u2028"}\n\n'.encode()
    )


def test_all_items_are_sent_in_order() -> None:
    response = sse_response(numbers(2), encode)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert list(body_of(response)) == [encode(0), encode(1)]


def test_an_error_before_the_first_item_is_not_swallowed() -> None:
    with pytest.raises(ModelThrottledError):
        sse_response(numbers(0, ModelThrottledError("slow down")), encode)


def test_a_later_error_is_the_last_event() -> None:
    *_, last = body_of(sse_response(numbers(1, ModelStreamInterruptedError("cut")), encode))
    name, data = last.decode().strip().split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: "))["code"] == "model_stream_interrupted"


def test_a_defect_tells_nothing_about_itself() -> None:
    *_, last = body_of(sse_response(numbers(1, KeyError("secret")), encode))
    assert b"internal_error" in last
    assert b"secret" not in last


def test_an_item_that_cannot_be_encoded_ends_the_stream() -> None:
    closed: list[bool] = []

    def fail_at_one(item: int) -> bytes:
        return encode(item) if item < 1 else encode(object())  # type: ignore[arg-type]

    events = list(body_of(sse_response(numbers(9, closed=closed), fail_at_one)))
    assert len(events) == 2
    assert events[-1].startswith(b"event: error")
    assert closed == [True]


def test_closing_before_the_first_event_was_taken_reaches_the_source() -> None:
    closed: list[bool] = []
    response = sse_response(numbers(3, closed=closed), encode)
    assert not closed
    body_of(response).close()  # type: ignore[attr-defined]
    assert closed == [True]
