"""One row of the ledger for each model call: an intent while the call is under way, its event once it has ended."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Literal, NamedTuple

from lambdas.shared.domain.errors import LedgerUnavailableError, QuarryError
from lambdas.shared.domain.ledger import Ledger, LedgerEvent
from lambdas.shared.services.background import Background

_LOG = logging.getLogger(__name__)

IntentTiming = Literal["before", "beside"]


class OpenCall(NamedTuple):
    """A call that has not ended. After `stop_writing()` its intent stands in the ledger or never will."""

    intent: LedgerEvent
    stop_writing: Callable[[], None]


class CallLedger:
    """Opens and settles calls. `intents` says when an intent is written:

    `before` the call, which waits for it and is not made without it: for workflows, where nobody waits and the state
    machine tries again. Whatever was sent has a row.

    `beside` the call, by another thread: for requests, whose callers wait for the first token and get an answer rather
    than an error of our books. Only a process that dies within the call's first milliseconds leaves no row. A call
    that is over by then gets no intent.

    What cannot be written goes to the log, whole (it holds ids and numbers, no text); `unrecorded` counts the events.
    """

    def __init__(self, ledger: Ledger, *, intents: IntentTiming) -> None:
        self._ledger = ledger
        self._intents = intents
        self.unrecorded = 0

    def open(self, intent: LedgerEvent) -> OpenCall:
        """To be called when all is ready for the call. Raises LedgerUnavailableError: then it must not be made."""
        if self._intents == "beside":
            return OpenCall(intent, Background(lambda: self._try_to_intend(intent)).cancel)
        try:
            self._ledger.intend(intent)
        except Exception as error:
            raise LedgerUnavailableError(
                f"the ledger cannot be written ({type(error).__name__}), so {intent.model} was not asked; try again"
            ) from error
        return OpenCall(intent, _nothing)

    def settle(self, call: OpenCall, event: LedgerEvent) -> None:
        """Write how the call has ended, over its intent. A ledger that fails does not take a paid answer away."""
        call.stop_writing()
        try:
            self._ledger.record(event)
        except Exception as error:  # whatever it was, the answer is paid for and must not be lost
            self.unrecorded += 1
            _LOG.error(_line("ledger event not recorded", event, error))

    def _try_to_intend(self, intent: LedgerEvent) -> None:
        try:
            self._ledger.intend(intent)
        except Exception as error:
            _LOG.warning(_line("ledger intent not recorded", intent, error))


def error_code(error: BaseException) -> str:
    """What an event says of the error that ended its call."""
    return error.code if isinstance(error, QuarryError) else type(error).__name__


def _line(message: str, event: LedgerEvent, error: Exception) -> str:
    whole = {**event._asdict(), "usage": asdict(event.usage)}
    return json.dumps({"message": message, "error": type(error).__name__, "event": whole}, default=str)


def _nothing() -> None:
    """An intent that was written before its call has nothing left to write."""
