"""Lost, doubled and late events: around S3's events, the deliveries of rules, and the batches of queues."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.faults.api_call import ApiCall
from local.faults.book import FaultBook, StandingRule

_log = logging.getLogger("local.cloud")
_EVENTS = ("event",)
_book = FaultBook()


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    """The outcome of a batch whose end the queue never heard of."""

    payload: bytes = json.dumps({"errorType": "Faults.AcknowledgementLost"}).encode()
    error: str | None = "Unhandled"


def set_book(book: FaultBook) -> None:
    """Events and batch jobs follow the rules of this book."""
    global _book
    _book = book


def current_book() -> FaultBook:
    """The one that was set last."""
    return _book


def deliver(send: Callable[[], None], *, service: str, detail_type: str) -> None:
    """Send an event once, unless a rule strikes: then never, twice, or later in a thread of its own."""
    for struck in _striking(service, detail_type.replace(" ", "")):
        if struck.rule.kind == "lost_event":
            return
        late = struck.rule.kind == "late_event"
        send = _later(send, struck.rule.params["ms"] / 1000) if late else _twice(send)
    send()


def queue_invoker(invoke: Callable[[str, bytes], Any]) -> Callable[[str, bytes], Any]:
    """Deliveries of queues: a lost one is a lost acknowledgement, for queues do not lose messages; a doubled one runs
    beside the first."""

    def run(function_name: str, payload: bytes) -> Any:
        lost, twin = False, None
        for struck in _striking("sqs", "Delivery", function_name):
            if struck.rule.kind == "late_event":
                time.sleep(struck.rule.params["ms"] / 1000)
            elif struck.rule.kind == "doubled_event":
                twin = threading.Thread(target=invoke, args=(function_name, payload), daemon=True)
            else:
                lost = True
        if twin is not None:
            twin.start()
        outcome = invoke(function_name, payload)
        if twin is not None:
            twin.join()
        return Unacknowledged() if lost else outcome

    return run


def _striking(service: str, operation: str, function: str = "") -> tuple[StandingRule, ...]:
    return _book.striking(ApiCall(service, operation, function), subjects=_EVENTS) if _book else ()


def _twice(send: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        send()
        send()

    return both


def _later(send: Callable[[], None], seconds: float) -> Callable[[], None]:
    def attempt() -> None:
        try:
            send()
        except Exception as error:
            _log.warning("a late event could not be delivered: %s", error or repr(error))

    def start() -> None:
        timer = threading.Timer(seconds, attempt)
        timer.daemon = True
        timer.start()

    return start
