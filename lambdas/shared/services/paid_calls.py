"""Tells whether a request has paid for a model call, by looking at what goes into the ledger."""

from __future__ import annotations

from contextvars import ContextVar

from lambdas.shared.domain.ledger import Ledger, LedgerEvent

# `refused` costs nothing; `uncertain` has no answer, and nobody knows whether it costs anything.
_NOT_PAID = ("refused", "uncertain")
# Each thread has a count of its own: work beside a request (a summary that is refreshed, say) is not the request's.
_COUNT: ContextVar[int] = ContextVar("paid_calls", default=0)


class PaidCallsLedger:
    """A `Ledger` in front of a ledger, for which `paid_calls` counts."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def intend(self, intent: LedgerEvent) -> None:
        """Store the intent: nothing is spent before a call has ended."""
        self._ledger.intend(intent)

    def record(self, event: LedgerEvent) -> None:
        """Count the event if money was spent, and store it."""
        if event.outcome not in _NOT_PAID:
            _COUNT.set(_COUNT.get() + 1)  # first: the money is spent even if the ledger fails
        self._ledger.record(event)


def paid_calls() -> int:
    """How many paid calls this thread has recorded; what counts is the difference."""
    return _COUNT.get()
