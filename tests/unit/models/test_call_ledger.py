"""CallLedger: an intent never follows its call's event, and never stands in the way of an answer."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event, Timer

import pytest

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import LedgerUnavailableError
from lambdas.shared.domain.ledger import UNSETTLED, LedgerEvent
from lambdas.shared.services.background import Background
from lambdas.shared.services.call_ledger import CallLedger
from tests.fakes.models import InMemoryLedger

INTENT = LedgerEvent(
    "c1", datetime(2026, 11, 21, tzinfo=UTC), "acme", "shop", "ann", "chat.turn", "conv_1", "acme.small",
    "uncertain", TokenUsage(9, 0), None, estimated=True, error_code=UNSETTLED,
)  # fmt: skip
EVENT = INTENT._replace(outcome="completed", cost_usd=Decimal("0.1"), estimated=False, error_code=None)


class SlowLedger(InMemoryLedger):
    """An intent takes until `release` is set; `steps` notes the order of what happens."""

    def __init__(self, *, refuses: bool = False) -> None:
        super().__init__()
        self.begun, self.release = Event(), Event()
        self.steps: list[str] = []
        self._refuses = refuses

    def intend(self, intent: LedgerEvent) -> None:
        self.begun.set()
        assert self.release.wait(10)
        self.steps.append("intended")
        if self._refuses:
            raise OSError("table is gone")
        super().intend(intent)

    def record(self, event: LedgerEvent) -> None:
        self.steps.append("recorded")
        super().record(event)


def test_a_late_intent_is_waited_for() -> None:
    ledger = SlowLedger()
    calls = CallLedger(ledger, intents="beside")
    call = calls.open(INTENT)
    assert ledger.begun.wait(10)
    Timer(0.02, ledger.release.set).start()
    calls.settle(call, EVENT)
    assert ledger.steps == ["intended", "recorded"]
    assert ledger.events == [EVENT]


def test_a_call_that_ends_before_its_intent_has_begun_gets_none() -> None:
    ledger = SlowLedger()
    calls = CallLedger(ledger, intents="beside")
    busy = Event()
    first = Background(lambda: busy.wait(10))  # the thread has something else to do
    call = calls.open(INTENT)
    calls.settle(call, EVENT)
    busy.set()
    first.wait()
    Background(lambda: None).wait()  # the thread has come past the intent
    assert ledger.steps == ["recorded"]


def test_an_intent_beside_its_call_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    ledger = SlowLedger(refuses=True)
    calls = CallLedger(ledger, intents="beside")
    ledger.release.set()
    with caplog.at_level(logging.WARNING):
        call = calls.open(INTENT)
        assert ledger.begun.wait(10)
        calls.settle(call, EVENT)
    assert (ledger.events, calls.unrecorded) == ([EVENT], 0)
    line = json.loads(caplog.records[0].getMessage())
    assert (line["message"], line["error"]) == ("ledger intent not recorded", "OSError")
    assert (line["event"]["call_id"], line["event"]["error_code"]) == ("c1", UNSETTLED)


def test_an_intent_before_its_call_may_not() -> None:
    with pytest.raises(LedgerUnavailableError, match=r"OSError.*acme\.small was not asked"):
        CallLedger(InMemoryLedger(failing=OSError("table is gone")), intents="before").open(INTENT)


def test_the_thread_survives_what_its_work_raises() -> None:
    def fail() -> None:
        raise SystemExit("no")

    work = Background(fail)
    with pytest.raises(SystemExit):
        work.wait()
    with pytest.raises(SystemExit):
        work.cancel()
    done: list[int] = []
    Background(lambda: done.append(1)).wait()
    assert done == [1]
