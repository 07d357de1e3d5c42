"""The guardrail of bulk runs: batch inference asks none, so texts are assessed beside it, each for money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import BlockedByGuardrailError, ModelThrottledError, QuarryError
from lambdas.shared.domain.guardrail import (
    Guardrail,
    GuardrailChecker,
    GuardrailPrices,
    GuardrailUnits,
    Source,
)
from lambdas.shared.domain.ledger import UNSETTLED, Ledger, LedgerEvent, Outcome
from lambdas.shared.domain.price import ZERO_USD
from lambdas.shared.services.call_ledger import CallLedger, OpenCall

OPERATION = "bulk.guardrail"
CLIENT = "bulk"
# ApplyGuardrail takes 25 text units a call at least: https://docs.aws.amazon.com/general/latest/gr/bedrock.html
_MOST_CHARACTERS = 24_000


class Assessed(NamedTuple):
    """The text as it may be used, masked where it has to be, and what asking has cost (`usd` None = not known).
    `refusal` is the code of a text that may not be used at all."""

    text: str
    usd: Decimal | None = ZERO_USD
    refusal: str | None = None


class BulkContentPolicy:
    """`guardrail` None = no text is assessed. Each assessment has a row in the ledger from its start, under the
    document's id."""

    def __init__(
        self,
        *,
        guardrail: Guardrail | None,
        checker: GuardrailChecker,
        prices: GuardrailPrices,
        ledger: Ledger,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._guardrail = guardrail
        self._checker = checker
        self._prices = prices
        self._ledger = CallLedger(ledger, intents="before")
        self._now = now
        self._new_id = new_id

    def assess(self, run: BulkRun, document_id: str, text: str, source: Source) -> Assessed:
        """Raises what `GuardrailChecker.check` raises, and LedgerUnavailableError before anything is asked."""
        if self._guardrail is None or not text:
            return Assessed(text)
        call = self._ledger.open(self._intent(run, document_id))
        checked: list[str] = []
        units = GuardrailUnits()
        for piece in _pieces(text):
            try:
                found = self._checker.check(piece, guardrail=self._guardrail, source=source)
            except QuarryError as error:
                self._fail(call, error, refused=isinstance(error, ModelThrottledError) and not checked)
                raise
            units = units.plus(found.report.units)
            if found.report.blocked:
                return Assessed("", self._settle(call, units, "blocked"), BlockedByGuardrailError.code)
            checked.append(found.text)
        return Assessed("".join(checked), self._settle(call, units, "completed"))

    def _fail(self, call: OpenCall, error: QuarryError, *, refused: bool) -> None:
        """What was refused has cost nothing; of anything else nobody knows."""
        event = call.intent._replace(error_code=error.code)
        if refused:
            event = event._replace(outcome="refused", cost_usd=ZERO_USD)
        self._ledger.settle(call, event)

    def _intent(self, run: BulkRun, document_id: str) -> LedgerEvent:
        return LedgerEvent(
            call_id=self._new_id(),
            at=self._now(),
            tenant=run.tenant,
            client=CLIENT,
            subject=run.run_id,
            operation=OPERATION,
            reference=document_id,
            model="guardrail",
            outcome="uncertain",
            usage=TokenUsage(0, 0),
            cost_usd=None,
            error_code=UNSETTLED,
            prices_as_of=self._prices.as_of,
        )

    def _settle(self, call: OpenCall, units: GuardrailUnits, outcome: Outcome) -> Decimal | None:
        """The row over its intent; returns what it has cost."""
        usd = self._prices.price(units)
        event = call.intent._replace(outcome=outcome, cost_usd=usd, guardrail_usd=usd, error_code=None)
        self._ledger.settle(call, event)
        return usd


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + _MOST_CHARACTERS] for start in range(0, len(text), _MOST_CHARACTERS))
