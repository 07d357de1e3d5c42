"""POST /embeddings, /embeddings/similarity and /embeddings/search: vectors of texts, and how near they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from lambdas.embeddings import schema
from lambdas.embeddings.vector_json import check_answer_size, encoded
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_text_embedder import BedrockTextEmbedder
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.runtime.http import (
    Request,
    Response,
    Route,
    decode_body,
    http_handler,
    idempotent,
    json_response,
)
from lambdas.shared.runtime.observability import annotate
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.compare_texts import CompareTexts, Similarities
from lambdas.shared.services.embed_texts import Asked, EmbedTexts, Spending, spending
from lambdas.shared.services.metered_embeddings import MeteredEmbeddings
from lambdas.shared.services.paid_calls import PaidCallsLedger, paid_calls

_READ_TIMEOUT_SECONDS = 30
# A request may take two thousand calls at once, of which some meet a throttle; each waits up to 20 s at the end.
_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Settings:
    ledger_table: str
    idempotency_table: str
    embedding_models: str
    ledger_days: int


@cache
def build_service() -> EmbedTexts:
    settings = load_settings(Settings)
    client = aws_clients.bedrock_runtime(attempts=_ATTEMPTS, read_timeout_seconds=_READ_TIMEOUT_SECONDS)
    ledger = DynamoDbLedger(aws_clients.dynamodb(), table=settings.ledger_table, days=settings.ledger_days)
    embeddings = MeteredEmbeddings(
        embedder=BedrockTextEmbedder(client),
        catalog=load_catalog(settings.embedding_models),
        ledger=PaidCallsLedger(ledger),
        intents="beside",
    )
    return EmbedTexts(embeddings)


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    """What runs a route once for each `Idempotency-Key`; the imports are for requests that have one."""
    from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
    from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
    from lambdas.shared.services.idempotent_calls import IdempotentCalls

    store = DynamoDbIdempotencyStore(aws_clients.dynamodb(), table=load_settings(Settings).idempotency_table)
    return IdempotentRoutes(calls=IdempotentCalls(store=store), paid_calls=paid_calls).run


def embed(request: Request) -> Response:
    """The vectors; an answer beyond 6 MB is streamed."""
    body = decode_body(request, schema.EmbeddingsBody)
    asked = _asked(request, "embeddings.embed", body)
    one = isinstance(body.input, str)
    texts = [body.input] if isinstance(body.input, str) else body.input
    service = build_service()
    check_answer_size(len(texts), service.dimensions(asked), body.encoding_format, streamed=request.streams)
    found = service.embed(
        asked,
        texts,
        input_type=body.input_type,
        pointer=lambda index: "/input" if one else f"/input/{index}",
    )
    _annotate(spending(found), texts=len(texts))
    vectors: Any = msgspec.Raw(encoded(found.vectors, body.encoding_format))
    return json_response(schema.EmbeddingsAnswer(embeddings=vectors, **schema.took(spending(found))))


def compare(request: Request) -> Response:
    """Scores of one text with many, or of pairs."""
    body = decode_body(request, schema.SimilarityBody)
    found = _compared(CompareTexts(build_service()), body, _asked(request, "embeddings.similarity", body))
    _annotate(found.spending, texts=len(found.scores))
    return json_response(
        schema.SimilarityAnswer(metric=body.metric, scores=found.scores, **schema.took(found.spending))
    )


def search(request: Request) -> Response:
    """The nearest of the documents that the request brings along."""
    body = decode_body(request, schema.SearchBody)
    asked = _asked(request, "embeddings.search", body)
    found = CompareTexts(build_service()).search(asked, body.query, body.documents, body.top_k)
    _annotate(found.spending, texts=len(body.documents))
    results = [schema.SearchResult(hit.place, hit.score, body.documents[hit.place]) for hit in found.hits]
    return json_response(schema.SearchAnswer(results=results, **schema.took(found.spending)))


def _asked(
    request: Request, operation: str, body: schema.EmbeddingsBody | schema.SimilarityBody | schema.SearchBody
) -> Asked:
    return Asked(request.caller, operation, body.model, body.dimensions)


def _compared(service: CompareTexts, body: schema.SimilarityBody, asked: Asked) -> Similarities:
    if body.pairs is not None and body.source is None and body.targets is None:
        return service.pairs(asked, body.pairs, body.metric)
    if body.source is not None and body.targets is not None and body.pairs is None:
        return service.one_to_many(asked, body.source, body.targets, body.metric)
    detail = "send source and targets, or pairs alone"
    raise InvalidInputError(f"The body compares nothing: {detail}.", errors=(FieldError("", detail),))


def _annotate(spent: Spending, *, texts: int) -> None:
    annotate(model=spent.model, input_tokens=spent.input_tokens, texts=texts)


handler = http_handler(
    {
        ("POST", "/embeddings"): idempotent(embed, build_idempotency),
        ("POST", "/embeddings/similarity"): idempotent(compare, build_idempotency),
        ("POST", "/embeddings/search"): idempotent(search, build_idempotency),
    },
    scope="embeddings",
)
