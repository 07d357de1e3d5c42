"""Routes that run once for each key: what is kept, what is released, and how streams are replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambdas.shared.domain import errors
from lambdas.shared.domain.caller import Caller
from lambdas.shared.runtime.http import Request, Response, idempotent, json_response
from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
from lambdas.shared.runtime.sse import sse_event, sse_response
from lambdas.shared.services.idempotent_calls import IdempotentCalls
from tests.fakes.idempotency import Clock, InMemoryIdempotencyStore


class Shop:
    """A route that costs money, behind keys. `script` says what it does; `paid` counts."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = InMemoryIdempotencyStore()
        self.paid = 0
        self.script: Callable[[], Response] = self.sell
        routes = IdempotentRoutes(calls=IdempotentCalls(store=self.store, now=self.clock), paid_calls=lambda: self.paid)
        self.route = idempotent(lambda request: self.script(), lambda: routes.run)

    def sell(self) -> Response:
        self.paid += 1
        return json_response({"number": self.paid})

    def raises(self, error: Exception, *, paid: bool) -> Callable[[], Response]:
        def run() -> Response:
            self.paid += paid
            raise error

        return run

    def streams(self, *items: str | Exception) -> Callable[[], Response]:
        """`start`, a delta for each text, `done`, or the error where it stands."""

        def produce() -> Iterator[tuple[str, Any]]:
            yield "start", {"model": "small"}
            self.paid += 1
            for item in items:
                if isinstance(item, Exception):
                    raise item
                yield "delta", {"text": item}
            yield "done", {"number": self.paid}

        return lambda: sse_response(produce(), lambda item: sse_event(*item))

    def ask(self, key: str | None = "key", body: bytes = b"{}") -> Response:
        headers = {} if key is None else {"idempotency-key": key}
        caller = Caller("acme", "shop", "ann")
        return self.route(Request("POST", "/chat", {}, {}, headers, body, caller, "id", lambda: 300.0))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def whole(response: Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b"".join(response.body)


class TestWholeAnswers:
    def test_are_replayed_byte_for_byte_and_say_so(self, shop: Shop) -> None:
        first, second = shop.ask(), shop.ask()
        assert shop.paid == 1
        assert (first.status, first.body, dict(first.headers)) == (
            200,
            b'{"number":1}',
            {"content-type": "application/json"},
        )
        assert (second.status, second.body) == (first.status, first.body)
        assert second.headers == {**first.headers, "idempotency-replayed": "true"}

    def test_without_a_key_nothing_is_asked_of_the_store(self, shop: Shop) -> None:
        assert [shop.ask(None).body, shop.ask(None).body] == [b'{"number":1}', b'{"number":2}']
        assert not shop.store.calls

    def test_an_empty_key_is_a_key_that_is_refused(self, shop: Shop) -> None:
        with pytest.raises(errors.InvalidInputError):
            shop.ask("")
        assert shop.paid == 0


class TestErrors:
    @pytest.mark.parametrize(
        "error",
        [
            errors.InvalidInputError("no"),
            errors.NotFoundError("no"),
            errors.ConversationBusyError("busy", retry_after_seconds=5),
            errors.TooLargeError("large"),
            errors.ContextTooLongError("long"),
            errors.ModelThrottledError("slow"),
            errors.ModelUnavailableError("gone"),
            errors.ModelRefusedRequestError("no"),
            KeyError("defect"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_that_cost_nothing_release_the_key(self, shop: Shop, error: Exception) -> None:
        shop.script = shop.raises(error, paid=False)
        with pytest.raises(type(error)):
            shop.ask()
        assert shop.store.count == 0
        shop.script = shop.sell
        assert shop.ask(body=b'{"mended":true}').status == 200

    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            (KeyError("SECRET"), 500, b'"internal_error"'),
            (errors.ModelStreamInterruptedError("broke"), 502, b'"model_stream_interrupted"'),
            (errors.BlockedByGuardrailError("policy"), 422, b'"blocked_by_guardrail"'),
            (errors.ConversationBusyError("taken over", retry_after_seconds=5), 409, b'"conversation_busy"'),
        ],
        ids=["defect", "interrupted", "blocked", "taken-over"],
    )
    def test_that_were_paid_for_are_replayed(self, shop: Shop, error: Exception, status: int, code: bytes) -> None:
        shop.script = shop.raises(error, paid=True)
        with pytest.raises(type(error)):
            shop.ask()
        shop.script = shop.sell
        replay = shop.ask()
        assert shop.paid == 1
        assert (replay.status, replay.headers["idempotency-replayed"]) == (status, "true")
        assert replay.headers["content-type"] == "application/problem+json"
        assert code in whole(replay) and b"SECRET" not in whole(replay)

    def test_an_error_that_a_route_answers_itself_is_treated_alike(self, shop: Shop) -> None:
        shop.script = lambda: json_response({}, status=404)
        shop.ask()
        assert shop.store.count == 0

    def test_what_other_requests_paid_before_does_not_count(self, shop: Shop) -> None:
        shop.ask("another")
        shop.script = shop.raises(errors.ModelThrottledError("slow"), paid=False)
        with pytest.raises(errors.ModelThrottledError):
            shop.ask()
        assert shop.store.count == 1


class TestStreams:
    def test_pass_through_as_they_come_and_are_replayed_as_one_delta(self, shop: Shop) -> None:
        shop.script = shop.streams("One", " two", " “drei” \n")
        first = shop.ask()
        assert next(iter(first.body)).startswith(b"event: start")  # type: ignore[call-overload]
        rest = whole(first)
        assert rest.count(b"event: delta") == 3
        replay = shop.ask()
        expected = [("start", {"model": "small"}), ("delta", {"text": "One two “drei” \n"}), ("done", {"number": 1})]
        assert whole(replay) == b"".join(sse_event(*event) for event in expected)
        assert replay.headers["content-type"].startswith("text/event-stream")
        assert replay.headers["idempotency-replayed"] == "true"

    def test_whoever_has_seen_the_end_finds_it_kept(self, shop: Shop) -> None:
        shop.script = shop.streams("One")
        body = iter(shop.ask().body)  # type: ignore[arg-type]
        while not next(body).startswith(b"event: done"):  # type: ignore[arg-type]
            with pytest.raises(errors.IdempotencyInProgressError):
                shop.ask()
        assert b"event: done" in whole(shop.ask())

    @pytest.mark.parametrize("read", [0, 1, 2, 3, 4])
    def test_a_caller_that_hangs_up_does_not_stop_the_call(self, shop: Shop, read: int) -> None:
        shop.script = shop.streams("One", " two")
        body = iter(shop.ask().body)  # type: ignore[arg-type]
        for _ in range(read):
            next(body)  # type: ignore[arg-type]
        body.close()  # type: ignore[union-attr]
        body.close()  # type: ignore[union-attr]
        replay = whole(shop.ask())
        assert shop.paid == 1
        assert b'{"text":"One two"}' in replay and b"event: done" in replay

    def test_a_stream_that_broke_is_replayed_as_its_error_without_what_had_arrived(self, shop: Shop) -> None:
        shop.script = shop.streams("One", errors.ModelStreamInterruptedError("kept in conv_1"))
        first = whole(shop.ask())
        replay = whole(shop.ask())
        assert shop.paid == 1
        assert b"One" in first and b"One" not in replay
        assert replay.startswith(b"event: start") and b"event: error" in replay and b"kept in conv_1" in replay

    def test_a_stream_that_failed_before_its_first_event_has_its_status(self, shop: Shop) -> None:
        def produce() -> Iterator[Any]:
            raise errors.ModelThrottledError("slow")
            yield

        shop.script = lambda: sse_response(produce(), lambda item: item)
        with pytest.raises(errors.ModelThrottledError):
            shop.ask()
        assert shop.store.count == 0

    def test_a_stream_that_failed_before_anything_was_paid_releases_the_key(self, shop: Shop) -> None:
        def produce() -> Iterator[Any]:
            yield sse_event("start", {})
            raise errors.ModelUnavailableError("gone")

        shop.script = lambda: sse_response(produce(), lambda item: item)
        assert b"event: error" in whole(shop.ask())
        assert shop.store.count == 0

    @pytest.mark.parametrize("paid", [True, False])
    def test_a_body_that_breaks_off_without_a_last_event_ends_the_call(self, shop: Shop, paid: bool) -> None:
        def produce() -> Iterator[bytes]:
            yield sse_event("start", {})
            shop.paid += paid
            raise ConnectionError("gone")

        shop.script = lambda: Response(200, produce())
        with pytest.raises(ConnectionError):
            whole(shop.ask())
        assert shop.store.count == paid
