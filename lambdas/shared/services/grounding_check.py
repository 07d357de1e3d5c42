"""The guardrail's grounding check of an answer, within its limits, metered like a call to a model."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import (
    ModelError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
)
from lambdas.shared.domain.guardrail import Guardrail, GuardrailPrices
from lambdas.shared.domain.ledger import UNSETTLED, Ledger, LedgerEvent, Outcome
from lambdas.shared.domain.price import ZERO_USD
from lambdas.shared.domain.rag.grounding import GroundingCheck, GroundingChecker, GroundingQuestion
from lambdas.shared.services.call_ledger import CallLedger, OpenCall, error_code
from lambdas.shared.services.metered_models import CallPurpose

_LOG = logging.getLogger(__name__)
_NO_TOKENS = TokenUsage(0, 0)
# Bedrock answered that it would not do the work, and does not bill for saying so.
_REFUSALS = (ModelThrottledError, ModelNotEnabledError, ModelRefusedRequestError)


class MeteredGrounding:
    """`guardrail`: one with a contextual grounding policy. A check has its event in the ledger once it has ended, with
    its text units' price: an intent before would take as long as all else that is done here."""

    def __init__(
        self,
        *,
        checker: GroundingChecker,
        guardrail: Guardrail,
        ledger: Ledger,
        prices: GuardrailPrices,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._checker = checker
        self._guardrail = guardrail
        self._ledger = CallLedger(ledger, intents="beside")
        self._prices = prices
        self._now = now
        self._new_id = new_id

    def check(self, question: GroundingQuestion, purpose: CallPurpose) -> tuple[GroundingCheck, Decimal | None]:
        """How it ended, and its price. An answer that was paid for is not lost because the check fails: then its
        quotations alone stand for it, and the answer says so."""
        if not question.is_within_limits:
            return "skipped", ZERO_USD
        call = OpenCall(self._event(purpose), _nothing)
        try:
            report = self._checker.check(question, guardrail=self._guardrail)
        except BaseException as error:
            cost = self._failed(call, error)
            if not isinstance(error, ModelError):
                raise
            _LOG.warning("grounding not checked: %s", type(error).__name__)
            return "unavailable", cost
        usd = self._prices.price(report.units)
        outcome: Outcome = "blocked" if report.blocked else "completed"
        done = call.intent._replace(outcome=outcome, cost_usd=usd, guardrail_usd=usd, error_code=None)
        self._ledger.settle(call, done._replace(prices_as_of=self._prices.as_of))
        return ("failed" if report.blocked else "passed"), usd

    def _event(self, purpose: CallPurpose) -> LedgerEvent:
        return LedgerEvent(
            call_id=self._new_id(),
            at=self._now(),
            **purpose._asdict(),
            model=f"guardrail/{self._guardrail.id}",
            outcome="uncertain",
            usage=_NO_TOKENS,
            cost_usd=None,
            error_code=UNSETTLED,
        )

    def _failed(self, call: OpenCall, error: BaseException) -> Decimal | None:
        """Settle the call; returns its price, None = nobody knows whether it was billed."""
        event = call.intent._replace(error_code=error_code(error))
        if isinstance(error, _REFUSALS):
            event = event._replace(outcome="refused", cost_usd=ZERO_USD)
        self._ledger.settle(call, event)
        return event.cost_usd


def _nothing() -> None:
    """A call without an intent has no writing to stop."""
