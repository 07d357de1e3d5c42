"""Which model calls count as paid, and for whom."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.ledger import LedgerEvent
from lambdas.shared.services.paid_calls import PaidCallsLedger, paid_calls
from tests.fakes.models import InMemoryLedger


def event(outcome: Any, call_id: str = "one") -> LedgerEvent:
    return LedgerEvent(
        call_id, datetime(2026, 11, 21, tzinfo=UTC), "acme", "shop", "ann", "chat.turn", "conv_1", "acme.small",
        outcome, TokenUsage(1, 1), Decimal(1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [("completed", 1), ("interrupted", 1), ("blocked", 1), ("refused", 0), ("uncertain", 0)],
)
def test_what_is_billed_counts_and_everything_is_recorded(outcome: str, counts: int) -> None:
    ledger, before = InMemoryLedger(), paid_calls()
    PaidCallsLedger(ledger).record(event(outcome))
    assert paid_calls() - before == counts
    assert ledger.events == [event(outcome)]


def test_an_intent_is_written_and_does_not_count() -> None:
    ledger, before = InMemoryLedger(), paid_calls()
    PaidCallsLedger(ledger).intend(event("uncertain"))
    assert paid_calls() == before
    assert ledger.events == [event("uncertain")]


def test_money_is_spent_even_if_the_ledger_fails() -> None:
    before = paid_calls()
    with pytest.raises(ConnectionError):
        PaidCallsLedger(InMemoryLedger(failing=ConnectionError("gone"))).record(event("completed"))
    assert paid_calls() == before + 1


def test_work_in_another_thread_is_not_the_requests() -> None:
    ledger, before = PaidCallsLedger(InMemoryLedger()), paid_calls()
    thread = Thread(target=lambda: ledger.record(event("completed")))
    thread.start()
    thread.join()
    assert paid_calls() == before
