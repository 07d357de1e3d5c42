"""The one way to a rerank model: prices the call, keeps the ledger, and falls back to the order of retrieval."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import uuid4

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import (
    ModelError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
)
from lambdas.shared.domain.ledger import UNSETTLED, Ledger, LedgerEvent
from lambdas.shared.domain.model_card import ModelCard
from lambdas.shared.domain.passage_retriever import Passage
from lambdas.shared.domain.price import ZERO_USD, query_price
from lambdas.shared.domain.reranker import Reranker, Reranking, billed_queries
from lambdas.shared.services.call_ledger import CallLedger, IntentTiming, OpenCall, error_code
from lambdas.shared.services.metered_models import CallPurpose

_LOG = logging.getLogger(__name__)
_NO_TOKENS = TokenUsage(0, 0)  # Rerank reports none, and is not billed by them
# Bedrock answered that it would not do the work, and does not bill for saying so.
_REFUSALS = (ModelThrottledError, ModelNotEnabledError, ModelRefusedRequestError)


class RankedPassages(NamedTuple):
    """`passages` have the reranker's scores where `reranking` is `done`, else retrieval's; `cost_usd` None = not
    known."""

    passages: tuple[Passage, ...]
    reranking: Reranking
    cost_usd: Decimal | None


class MeteredReranker:
    """Reranks for money: one row of the ledger for each call.

    `score_floor`: passages that the reranker puts below it are none, by its own scores. `intents`: see `CallLedger`.
    """

    def __init__(
        self,
        *,
        reranker: Reranker,
        card: ModelCard,
        ledger: Ledger,
        score_floor: float = 0.0,
        intents: IntentTiming = "before",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._reranker = reranker
        self._card = card
        self._ledger = CallLedger(ledger, intents=intents)
        self._score_floor = score_floor
        self._now = now
        self._new_id = new_id

    def rerank(self, query: str, passages: Sequence[Passage], top_k: int, purpose: CallPurpose) -> RankedPassages:
        """The best `top_k`. A reranker that fails does not take away what was found: then the order of retrieval
        stands, and the result says so. Raises LedgerUnavailableError before anything is sent."""
        queries, estimated = billed_queries(query, passages)
        call = self._ledger.open(self._intent(purpose, estimated=estimated))
        try:
            ranked = self._reranker.rerank(query, passages, top_k)
        except BaseException as error:
            cost = self._failed(call, error)
            if not isinstance(error, ModelError):
                raise
            _LOG.warning("passages not reranked: %s", type(error).__name__)
            return RankedPassages(tuple(passages[:top_k]), "unavailable", cost)
        usd = query_price(queries, self._card.prices)
        self._ledger.settle(call, call.intent._replace(outcome="completed", cost_usd=usd, error_code=None))
        near = tuple(each for each in ranked[:top_k] if each.score >= self._score_floor)
        return RankedPassages(near, "done", usd)

    def _intent(self, purpose: CallPurpose, *, estimated: bool) -> LedgerEvent:
        return LedgerEvent(
            call_id=self._new_id(),
            at=self._now(),
            **purpose._asdict(),
            model=self._card.id,
            outcome="uncertain",
            usage=_NO_TOKENS,
            cost_usd=None,
            estimated=estimated,
            error_code=UNSETTLED,
            prices_as_of=self._card.prices.as_of,
        )

    def _failed(self, call: OpenCall, error: BaseException) -> Decimal | None:
        """Settle the call; returns its price, None = nobody knows whether it was billed."""
        event = call.intent._replace(error_code=error_code(error))
        if isinstance(error, _REFUSALS):
            event = event._replace(outcome="refused", cost_usd=ZERO_USD, estimated=False)
        self._ledger.settle(call, event)
        return event.cost_usd
