"""Server-sent events: named JSON events, and a stream of them that ends in `error` instead of breaking."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any, Generic, TypeVar

from lambdas.shared.runtime.http import Response, encode_json
from lambdas.shared.runtime.observability import annotate, annotate_defect
from lambdas.shared.runtime.problem import problem_from

ItemT = TypeVar("ItemT")

# Proxies between us and the client may hold back or rewrite a stream unless they are told not to.
_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no"}


def sse_event(name: str, data: Any) -> bytes:
    """One event; `data` becomes one line of JSON. https://html.spec.whatwg.org/multipage/server-sent-events.html"""
    return b"event: " + name.encode() + b"\ndata: " + encode_json(data) + b"\n\n"


def sse_response(items: Generator[ItemT, None, None], encode: Callable[[ItemT], bytes]) -> Response:
    """A 200 whose body is every item as `encode` writes it.

    The first item is awaited here, so what fails before it has an HTTP status of its own. A later error becomes the
    last event, `error` with the problem object. Closing the body closes `items`.
    """
    return Response(200, _EventStream(next(items), items, encode), _HEADERS)


class _EventStream(Generic[ItemT]):
    """An iterator and no generator: closing a generator that has not begun would not reach `rest`, which has."""

    def __init__(self, first: ItemT, rest: Generator[ItemT, None, None], encode: Callable[[ItemT], bytes]) -> None:
        self._waiting = [first]
        self._rest = rest
        self._encode = encode

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return self._encode(self._waiting.pop() if self._waiting else next(self._rest))
        except StopIteration:
            raise
        except Exception as error:  # The status line is gone; an event is the only way to tell.
            self.close()
            problem = problem_from(error)
            annotate(code=problem.code, failed=problem.status >= 500)
            if problem.status == 500:
                annotate_defect(error)
            return sse_event("error", problem.as_dict())

    def close(self) -> None:
        """End `rest` where it stands; afterwards the stream is exhausted."""
        self._rest.close()
