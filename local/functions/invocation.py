"""One call of a function: its payload on the way in, and its answer as it arrives."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from local.functions.results import FunctionError, InvokeResult


@dataclass(frozen=True, slots=True)
class AnswerStarted:
    """`streamed`: the function answers in streaming mode; otherwise the whole payload follows at once."""

    content_type: str
    streamed: bool


@dataclass(frozen=True, slots=True)
class AnswerEnded:
    """`error` is None, or Lambda's JSON error object."""

    error: bytes | None


AnswerEvent = AnswerStarted | AnswerEnded | bytes


class Invocation:
    """Filled by the execution environment, read by the caller; neither waits for the other.

    A caller may walk away at any time: the function still goes on to its end, as on AWS.
    """

    def __init__(self, payload: bytes) -> None:
        self.request_id = str(uuid.uuid4())
        self.payload = payload
        self.delivered = False  # set once the function's process has taken it
        self._events: queue.SimpleQueue[AnswerEvent] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._finished = False

    def begin(self, content_type: str, *, streamed: bool) -> None:
        self._put(AnswerStarted(content_type, streamed))

    def add(self, chunk: bytes) -> None:
        self._put(chunk)

    def finish(self, error: bytes | None = None) -> bool:
        """End the answer; only the first of several ends counts and gets True."""
        with self._lock:
            if self._finished:
                return False
            self._finished = True
        self._events.put(AnswerEnded(error))
        return True

    def next_event(self, timeout: float | None = None) -> AnswerEvent:
        """Wait for the next event; `TimeoutError` after `timeout` seconds."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError("the function has not answered yet") from None

    def result(self, timeout: float | None = None) -> InvokeResult:
        """Wait for the whole answer; `TimeoutError` after `timeout` seconds in all."""
        end = None if timeout is None else time.monotonic() + timeout
        streamed, parts = False, bytearray()
        while True:
            event = self.next_event(None if end is None else max(0.0, end - time.monotonic()))
            if isinstance(event, AnswerStarted):
                streamed = event.streamed
            elif isinstance(event, bytes):
                parts += event
            elif event.error is not None:
                return InvokeResult(event.error, "Unhandled", streamed)
            else:
                return InvokeResult(bytes(parts), None, streamed)

    def _put(self, event: AnswerEvent) -> None:
        with self._lock:
            if not self._finished:
                self._events.put(event)


class StreamedInvoke:
    """An answer read piece by piece. Every reading method raises `FunctionError` once the function has failed."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._started: AnswerStarted | None = None
        self._complete = False

    def wait(self, timeout: float | None = None) -> StreamedInvoke:
        """Return when the answer has begun; `TimeoutError` after `timeout` seconds."""
        while self._started is None and not self._complete:
            event = self._invocation.next_event(timeout)
            if isinstance(event, AnswerStarted):
                self._started = event
            elif isinstance(event, AnswerEnded):
                self._end(event)
        return self

    @property
    def content_type(self) -> str:
        """What the function calls its answer; waits until the answer begins."""
        self.wait()
        return self._started.content_type if self._started else ""

    @property
    def streamed(self) -> bool:
        """Whether the function answers in streaming mode; waits until the answer begins."""
        self.wait()
        return self._started.streamed if self._started else False

    def read(self, timeout: float | None = None) -> bytes | None:
        """The next piece, or None at the end; `TimeoutError` after `timeout` seconds without one."""
        self.wait(timeout)
        if self._complete:
            return None
        event = self._invocation.next_event(timeout)
        if isinstance(event, bytes):
            return event
        if isinstance(event, AnswerEnded):
            self._end(event)
        return None

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self.read()) is not None:
            yield piece

    def _end(self, event: AnswerEnded) -> None:
        self._complete = True
        if event.error is not None:
            raise FunctionError(event.error)
