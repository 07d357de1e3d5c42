"""Runs a route at most once for each Idempotency-Key: keeps its answer, whole or streamed, and replays it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from lambdas.shared.domain.idempotency import KeptAnswer
from lambdas.shared.runtime.http import Request, Response, Route, encode_json
from lambdas.shared.runtime.observability import annotate
from lambdas.shared.runtime.problem import CONTENT_TYPE as PROBLEM_CONTENT_TYPE
from lambdas.shared.runtime.problem import problem_from
from lambdas.shared.runtime.sse_replay import ends_well, replay_of

REPLAYED = {"idempotency-replayed": "true"}


class RunningCall(Protocol):
    """A call that was begun; one of the two ends it, and neither raises."""

    def keep(self, answer: KeptAnswer) -> None: ...

    def release(self) -> None: ...


class Calls(Protocol):
    """Where calls are begun: the answer that a key already has, or the call to run. Raises what refuses the key."""

    def begin(
        self, *, owner: str, route: str, key: str, body: bytes, remaining_seconds: float
    ) -> KeptAnswer | RunningCall: ...


class IdempotentRoutes:
    """Runs routes for requests that carry a key.

    `paid_calls()` counts the model calls that were paid for. What a key has paid for is never done again under it:
    not only a success, also an error that came after the payment is kept and replayed. An error that cost nothing
    releases the key.
    """

    def __init__(self, *, calls: Calls, paid_calls: Callable[[], int]) -> None:
        self._calls = calls
        self._paid_calls = paid_calls

    def run(self, route: Route, request: Request) -> Response:
        """The route's answer, or its replay. Raises what the route raises."""
        begun = self._calls.begin(
            owner=request.caller.owner,
            route=f"{request.method} {request.resource}",
            key=request.headers["idempotency-key"],
            body=request.body,
            remaining_seconds=request.remaining_seconds(),
        )
        if isinstance(begun, KeptAnswer):
            annotate(replayed=True)
            return Response(begun.status, begun.body, {**begun.headers, **REPLAYED})
        before = self._paid_calls()
        call = _Call(begun, paid=lambda: self._paid_calls() > before)
        try:
            response = route(request)
        except Exception as error:
            call.fail(error)
            raise
        if isinstance(response.body, bytes):
            call.end(response, response.body, failed=response.status >= 400)
            return response
        return Response(response.status, _Recording(response, response.body, call), response.headers)


class _Call:
    """A running call, and whether money was spent since it began."""

    def __init__(self, running: RunningCall, *, paid: Callable[[], bool]) -> None:
        self._running = running
        self._paid = paid

    def end(self, response: Response, body: bytes, *, failed: bool) -> None:
        if failed and not self._paid():
            self._running.release()
        else:
            self._running.keep(KeptAnswer(response.status, body, dict(response.headers)))

    def fail(self, error: Exception) -> None:
        problem = problem_from(error)
        response = Response(problem.status, headers={"content-type": PROBLEM_CONTENT_TYPE})
        self.end(response, encode_json(problem.as_dict()), failed=True)


class _Recording:
    """A stream of server-sent events that is kept as it passes; each chunk is one event.

    It is kept before its last event is handed out: whoever has seen the end finds it. A caller that hangs up does not
    stop the call, so that its retry finds the answer too.
    """

    def __init__(self, response: Response, body: Iterator[bytes], call: _Call) -> None:
        self._response = response
        self._body = body
        self._call: _Call | None = call
        self._events: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            event = next(self._body)
        except BaseException:  # StopIteration too: of a stream that ended properly nothing is left to be done
            self._end(failed=True)
            raise
        self._events.append(event)
        well = ends_well(event)
        if well is not None:
            self._end(failed=not well)
        return event

    def close(self) -> None:
        """Run the call to its end, then tidy up."""
        for _ in self:
            pass
        getattr(self._body, "close", _nothing)()

    def _end(self, *, failed: bool) -> None:
        if self._call is not None:
            call, self._call = self._call, None
            call.end(self._response, replay_of(self._events), failed=failed)


def _nothing() -> None:
    """Bodies that are no generators have nothing to close."""
