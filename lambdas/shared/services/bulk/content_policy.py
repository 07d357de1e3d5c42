"""The guardrail of bulk runs: batch inference asks none, so texts are assessed beside it, each for money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.chat_model import ChatReply, TokenUsage
from lambdas.shared.domain.guardrail import (
    CheckedText,
    Guardrail,
    GuardrailChecker,
    GuardrailPrices,
    GuardrailUnits,
    Source,
)
from lambdas.shared.domain.ledger import Ledger, LedgerEvent
from lambdas.shared.services.guarding import blocked_error

OPERATION = "bulk.guardrail"
CLIENT = "bulk"
# ApplyGuardrail takes 25 text units a call at least: https://docs.aws.amazon.com/general/latest/gr/bedrock.html
_MOST_CHARACTERS = 24_000


class BulkContentPolicy:
    """`guardrail` None = no text is assessed. Each assessment has its event in the ledger, under the document's id."""

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
        self._ledger = ledger
        self._now = now
        self._new_id = new_id

    def passed(self, run: BulkRun, document_id: str, text: str, source: Source) -> str:
        """The text as it may be used, masked where it has to be. Raises BlockedByGuardrailError, and what
        `GuardrailChecker.check` raises."""
        if self._guardrail is None or not text:
            return text
        checked = [self._check(self._guardrail, piece, source) for piece in _pieces(text)]
        units = GuardrailUnits()
        for each in checked:
            units = units.plus(each.report.units)
        blocked = next((each for each in checked if each.report.blocked), None)
        self._record(run, document_id, units, blocked=blocked is not None)
        if blocked is not None:
            raise blocked_error(ChatReply("", "guardrail_intervened", TokenUsage(0, 0), guardrail=blocked.report))
        return "".join(each.text for each in checked)

    def _check(self, guardrail: Guardrail, text: str, source: Source) -> CheckedText:
        return self._checker.check(text, guardrail=guardrail, source=source)

    def _record(self, run: BulkRun, document_id: str, units: GuardrailUnits, *, blocked: bool) -> None:
        cost = self._prices.price(units)
        event = LedgerEvent(
            call_id=self._new_id(),
            at=self._now(),
            tenant=run.tenant,
            client=CLIENT,
            subject=run.run_id,
            operation=OPERATION,
            reference=document_id,
            model="guardrail",
            outcome="blocked" if blocked else "completed",
            usage=TokenUsage(0, 0),
            cost_usd=cost,
            prices_as_of=self._prices.as_of,
            guardrail_usd=cost,
        )
        self._ledger.record(event)


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + _MOST_CHARACTERS] for start in range(0, len(text), _MOST_CHARACTERS))
