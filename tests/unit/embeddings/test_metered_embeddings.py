"""MeteredEmbeddings: every request is checked before it is sent, priced, and leaves one row, however it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import (
    InvalidInputError,
    LedgerUnavailableError,
    ModelError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
    ModelUnavailableError,
    TextTooLongError,
    UnknownModelError,
)
from lambdas.shared.domain.ledger import UNSETTLED
from lambdas.shared.domain.model_card import Prices
from lambdas.shared.domain.text_embedder import EmbeddingReply, EmbeddingRequest
from lambdas.shared.services.metered_embeddings import EMBEDDING, MeteredEmbeddings
from lambdas.shared.services.metered_models import CallPurpose
from tests.fakes.embeddings import ScriptedTextEmbedder, embedding_card
from tests.fakes.models import InMemoryLedger, model_card, small_catalog

PURPOSE = CallPurpose(tenant="acme", client="app", subject="anna", operation="embeddings.embed", reference="3 texts")
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CATALOG = small_catalog(
    embedding_card(),
    embedding_card("acme.free-v1:0", prices=Prices()),
    embedding_card("acme.strange-v1:0", embedding_format=None),
    model_card("acme.chat-v1:0"),
    aliases={EMBEDDING: "acme.embed-v1:0"},
    allowed=["us.acme.embed-v1:0"],
)


def metered(embedder: object, ledger: InMemoryLedger) -> MeteredEmbeddings:
    return MeteredEmbeddings(
        embedder=embedder,  # type: ignore[arg-type]
        catalog=CATALOG,
        ledger=ledger,
        now=lambda: NOW,
        new_id=lambda: "call-1",
    )


def request(*texts: str, model: str = EMBEDDING, dimensions: int | None = None) -> EmbeddingRequest:
    return EmbeddingRequest(model, texts, "query", dimensions)


def test_the_alias_is_resolved_and_the_call_is_priced_and_recorded() -> None:
    ledger, embedder = InMemoryLedger(), ScriptedTextEmbedder()
    done = metered(embedder, ledger).embed(request("a dog", "two small cats"), PURPOSE)
    assert embedder.requests == [
        EmbeddingRequest("acme.embed-v1:0", ("a dog", "two small cats"), "query", 8, "titan_v2")
    ]
    assert [len(vector) for vector in done.vectors] == [8, 8]
    assert done._replace(vectors=[]) == ([], "acme.embed-v1:0", 8, 5, Decimal("0.000005"), False)
    (event,) = ledger.events
    assert (event.call_id, event.at, event.operation, event.reference) == ("call-1", NOW, "embeddings.embed", "3 texts")
    assert (event.outcome, event.usage, event.cost_usd) == ("completed", TokenUsage(5, 0), Decimal("0.000005"))
    assert (event.error_code, event.estimated, event.prices_as_of) == (None, False, "2026-11-21")


def test_a_profile_is_sent_by_its_own_name_and_costs_more() -> None:
    done = metered(ScriptedTextEmbedder(), InMemoryLedger()).embed(
        request(*map(str, range(100)), model="us.acme.embed-v1:0"), PURPOSE
    )
    assert (done.model, done.cost_usd) == ("us.acme.embed-v1:0", Decimal("0.00011"))


def test_an_unknown_price_is_none_and_not_zero() -> None:
    assert (
        metered(ScriptedTextEmbedder(), InMemoryLedger()).embed(request("a", model="acme.free-v1:0"), PURPOSE).cost_usd
        is None
    )


def test_a_text_that_comes_twice_is_paid_for_once() -> None:
    embedder = ScriptedTextEmbedder()
    done = metered(embedder, InMemoryLedger()).embed(request("b", "a", "b"), PURPOSE)
    assert embedder.requests[0].texts == ("b", "a")
    assert done.input_tokens == 2
    assert done.vectors[0] == done.vectors[2] != done.vectors[1]


def test_the_intent_stands_before_the_call() -> None:
    ledger = InMemoryLedger()

    class Looking(ScriptedTextEmbedder):
        def embed(self, request: EmbeddingRequest) -> EmbeddingReply:
            (event,) = ledger.events
            assert (event.outcome, event.error_code, event.cost_usd) == ("uncertain", UNSETTLED, None)
            return super().embed(request)

    metered(Looking(), ledger).embed(request("a"), PURPOSE)


def test_without_a_ledger_nothing_is_sent() -> None:
    embedder = ScriptedTextEmbedder()
    with pytest.raises(LedgerUnavailableError):
        metered(embedder, InMemoryLedger(failing=OSError())).embed(request("a"), PURPOSE)
    assert embedder.requests == []


@pytest.mark.parametrize("error", [ModelThrottledError, ModelNotEnabledError, ModelRefusedRequestError])
def test_a_refused_call_costs_nothing(error: type[Exception]) -> None:
    ledger = InMemoryLedger()
    with pytest.raises(error):
        metered(ScriptedTextEmbedder(error("no")), ledger).embed(request("a"), PURPOSE)
    (event,) = ledger.events
    assert (event.outcome, event.cost_usd, event.usage) == ("refused", 0, TokenUsage(0, 0))


@pytest.mark.parametrize("error", [ModelThrottledError("later"), ModelError("no vector")])
def test_what_was_paid_before_the_error_is_on_the_ledger(error: ModelError) -> None:
    ledger = InMemoryLedger()
    error.paid_tokens = 1_000
    with pytest.raises(type(error)):
        metered(ScriptedTextEmbedder(error), ledger).embed(request("a"), PURPOSE)
    (event,) = ledger.events
    assert (event.outcome, event.usage, event.cost_usd) == ("interrupted", TokenUsage(1_000, 0), Decimal("0.001"))
    assert event.error_code == error.code


@pytest.mark.parametrize("error", [ModelUnavailableError("timeout"), RuntimeError("a defect")])
def test_a_call_without_an_answer_may_have_been_billed(error: Exception) -> None:
    ledger = InMemoryLedger()
    with pytest.raises(type(error)):
        metered(ScriptedTextEmbedder(error), ledger).embed(request("a"), PURPOSE)
    (event,) = ledger.events
    assert (event.outcome, event.cost_usd, event.estimated) == ("uncertain", None, True)


@pytest.mark.parametrize("vectors", [[[1.0] * 7], [[1.0] * 8, [1.0] * 8], []])
def test_other_vectors_than_were_asked_for_are_an_error_that_was_paid_for(vectors: list[list[float]]) -> None:
    class Other(ScriptedTextEmbedder):
        def embed(self, request: EmbeddingRequest) -> EmbeddingReply:
            return EmbeddingReply(vectors, 7)

    ledger = InMemoryLedger()
    with pytest.raises(ModelError, match="other vectors"):
        metered(Other(), ledger).embed(request("a"), PURPOSE)
    assert (ledger.events[0].outcome, ledger.events[0].usage.input_tokens) == ("interrupted", 7)


class TestBadInput:
    @pytest.mark.parametrize(
        ("bad", "error", "says"),
        [
            (request("a", model="acme.chat-v1:0"), UnknownModelError, "no model that texts are embedded with"),
            (request("a", model="acme.strange-v1:0"), UnknownModelError, "no model that texts are embedded with"),
            (request("a", model="acme.nothing-v1:0"), UnknownModelError, "unknown model"),
            (request("a", dimensions=7), InvalidInputError, "of these dimensions: 4, 8"),
            (request(), InvalidInputError, "no text"),
            (request("a", " \n"), InvalidInputError, r"Text 1 \(counted from 0\) is blank"),
            (request("a", "x" * 1_001), TextTooLongError, "at most 1,000 characters"),
        ],
    )
    def test_nothing_is_sent_and_nothing_recorded(
        self, bad: EmbeddingRequest, error: type[Exception], says: str
    ) -> None:
        ledger, embedder = InMemoryLedger(), ScriptedTextEmbedder()
        with pytest.raises(error, match=says):
            metered(embedder, ledger).embed(bad, PURPOSE)
        assert ledger.events == []
        assert embedder.requests == []

    def test_the_index_of_a_long_text_is_that_of_the_request_and_not_of_what_was_sent(self) -> None:
        texts = ("a", "a", "b", "a", "one two three four")
        with pytest.raises(TextTooLongError) as raised:
            metered(ScriptedTextEmbedder(longest=3), InMemoryLedger()).embed(request(*texts), PURPOSE)
        assert raised.value.index == 4

    def test_dimensions_are_the_models_own_unless_asked_for(self) -> None:
        embeddings = metered(ScriptedTextEmbedder(), InMemoryLedger())
        assert (embeddings.dimensions(), embeddings.dimensions(EMBEDDING, 4)) == (8, 4)
        assert len(embeddings.embed(request("a", dimensions=4), PURPOSE).vectors[0]) == 4
