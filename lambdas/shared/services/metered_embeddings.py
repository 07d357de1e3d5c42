"""The one way to an embedding model: checks texts and dimensions, prices the call, keeps the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import uuid4

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.embedding_model import EMBEDDING, embedding_model, vector_length
from lambdas.shared.domain.errors import (
    InvalidInputError,
    ModelError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
    QuarryError,
    TextTooLongError,
)
from lambdas.shared.domain.ledger import UNSETTLED, Ledger, LedgerEvent
from lambdas.shared.domain.model_card import ModelCard
from lambdas.shared.domain.model_catalog import ModelCatalog, ResolvedModel
from lambdas.shared.domain.price import ZERO_USD, price
from lambdas.shared.domain.text_embedder import EmbeddingReply, EmbeddingRequest, TextEmbedder, Vector
from lambdas.shared.domain.tokens import estimate_tokens
from lambdas.shared.services.call_ledger import CallLedger, IntentTiming, OpenCall, error_code
from lambdas.shared.services.metered_models import CallPurpose

__all__ = ["EMBEDDING", "EmbeddedTexts", "MeteredEmbeddings"]

_NO_TOKENS = TokenUsage(input_tokens=0, output_tokens=0)
# The provider answered that it would not do the work, and it does not bill for saying so.
_REFUSALS = (ModelThrottledError, ModelNotEnabledError, ModelRefusedRequestError, TextTooLongError)


class EmbeddedTexts(NamedTuple):
    """`vectors[i]` is of the request's `texts[i]`. `model` is the id that was sent; `cost_usd` None = not known;
    `estimated`: the provider did not say how many tokens there were."""

    vectors: list[Vector]
    model: str
    dimensions: int
    input_tokens: int
    cost_usd: Decimal | None
    estimated: bool = False


class _Call(NamedTuple):
    request: EmbeddingRequest
    resolved: ResolvedModel
    opened: OpenCall


class MeteredEmbeddings:
    """Embeds texts for money: one row of the ledger for all texts of a request, however many calls they take.

    `intents`: whether the call waits for its first row, see `CallLedger`.
    """

    def __init__(
        self,
        *,
        embedder: TextEmbedder,
        catalog: ModelCatalog,
        ledger: Ledger,
        intents: IntentTiming = "before",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._embedder = embedder
        self._catalog = catalog
        self._ledger = CallLedger(ledger, intents=intents)
        self._now = now
        self._new_id = new_id

    def resolve(self, name: str = EMBEDDING) -> ResolvedModel:
        """What `name` (alias, model id, profile id or ARN) stands for. Raises UnknownModelError, also for a model that
        does not embed."""
        return embedding_model(self._catalog, name)

    def dimensions(self, name: str = EMBEDDING, wanted: int | None = None) -> int:
        """How long the vectors of `name` are, if `wanted` are asked for. Raises what `resolve` does, and
        InvalidInputError for a length that the model does not make."""
        return vector_length(self.resolve(name), wanted)

    def embed(self, request: EmbeddingRequest, purpose: CallPurpose) -> EmbeddedTexts:
        """`request.model_id` may be an alias. A text that comes twice is paid for once.

        Raises UnknownModelError, InvalidInputError (a blank text, dimensions), TextTooLongError and
        LedgerUnavailableError before anything is sent, then what `TextEmbedder` raises.
        """
        resolved = self.resolve(request.model_id)
        dimensions = self.dimensions(request.model_id, request.dimensions)
        _check(request.texts, resolved.card)
        places = {text: place for place, text in enumerate(dict.fromkeys(request.texts))}
        sent = EmbeddingRequest(
            resolved.model_id, tuple(places), request.input_type, dimensions, resolved.card.embedding_format
        )
        reply, cost = self._pay(sent, resolved, purpose, request.texts)
        return EmbeddedTexts(
            vectors=[reply.vectors[places[text]] for text in request.texts],
            model=resolved.model_id,
            dimensions=dimensions,
            input_tokens=reply.input_tokens,
            cost_usd=cost,
            estimated=reply.estimated,
        )

    def _pay(
        self, sent: EmbeddingRequest, resolved: ResolvedModel, purpose: CallPurpose, texts: Sequence[str]
    ) -> tuple[EmbeddingReply, Decimal | None]:
        call = _Call(sent, resolved, self._ledger.open(self._intent(sent, resolved, purpose)))
        try:
            reply = self._embedder.embed(sent)
            _check_lengths(reply, call)
        except TextTooLongError as error:
            self._record_failure(call, error)
            error.index = list(texts).index(sent.texts[error.index])  # of those that were asked for, not sent
            raise
        except BaseException as error:
            self._record_failure(call, error)
            raise
        usage = TokenUsage(reply.input_tokens, 0)
        cost = _price(usage, resolved)
        event = call.opened.intent._replace(
            outcome="completed", usage=usage, cost_usd=cost, error_code=None, estimated=reply.estimated
        )
        self._ledger.settle(call.opened, event)
        return reply, cost

    def _intent(self, sent: EmbeddingRequest, resolved: ResolvedModel, purpose: CallPurpose) -> LedgerEvent:
        return LedgerEvent(
            call_id=self._new_id(),
            at=self._now(),
            **purpose._asdict(),
            model=sent.model_id,
            outcome="uncertain",
            usage=TokenUsage(sum(map(estimate_tokens, sent.texts)), 0),
            cost_usd=None,
            estimated=True,
            error_code=UNSETTLED,
            prices_as_of=resolved.card.prices.as_of,
        )

    def _record_failure(self, call: _Call, error: BaseException) -> None:
        event = call.opened.intent._replace(error_code=error_code(error))
        paid = error.paid_tokens if isinstance(error, QuarryError) else 0
        if paid:
            usage = TokenUsage(paid, 0)
            event = event._replace(outcome="interrupted", usage=usage, cost_usd=_price(usage, call.resolved))
        elif isinstance(error, _REFUSALS):
            event = event._replace(outcome="refused", usage=_NO_TOKENS, cost_usd=ZERO_USD, estimated=False)
        self._ledger.settle(call.opened, event)


def _price(usage: TokenUsage, resolved: ResolvedModel) -> Decimal | None:
    return price(usage, resolved.card.prices, ratio=resolved.price_ratio)


def _check(texts: Sequence[str], card: ModelCard) -> None:
    """Tokens are the provider's to count: an estimate must not refuse what would have fitted."""
    if not texts:
        raise InvalidInputError("There is no text to embed; send at least one.")
    for index, text in enumerate(texts):
        if not text.strip():
            raise InvalidInputError(f"Text {index} (counted from 0) is blank; leave it out or give it words.")
        if card.max_text_characters is not None and len(text) > card.max_text_characters:
            raise TextTooLongError(
                f"{card.id} takes at most {card.max_text_characters:,} characters of a text, and this one has "
                f"{len(text):,}; split it",
                index=index,
            )


def _check_lengths(reply: EmbeddingReply, call: _Call) -> None:
    """Vectors of another length than was asked for would only be noticed in a store, or never."""
    lengths = {len(vector) for vector in reply.vectors}
    if lengths != {call.request.dimensions} or len(reply.vectors) != len(call.request.texts):
        error = ModelError(f"{call.request.model_id} answered with other vectors than were asked for")
        error.paid_tokens = reply.input_tokens
        raise error
