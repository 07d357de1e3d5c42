"""POST /embeddings, and its /similarity, /search and /classify: vectors of texts, and how near they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import msgspec

from lambdas.embeddings import group_schema, schema
from lambdas.embeddings.vector_json import check_answer_size, encoded
from lambdas.embeddings.wiring import embed_texts, keyed_routes
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
from lambdas.shared.services.classify_texts import Certainty, ClassifyTexts, TextClass
from lambdas.shared.services.compare_texts import CompareTexts, Similarities
from lambdas.shared.services.embed_texts import Asked, EmbedTexts, Spending, spending


@dataclass(frozen=True, slots=True)
class Settings:
    ledger_table: str
    idempotency_table: str
    embedding_models: str
    ledger_days: int


@cache
def build_service() -> EmbedTexts:
    settings = load_settings(Settings)
    return embed_texts(
        embedding_models=settings.embedding_models,
        ledger_table=settings.ledger_table,
        ledger_days=settings.ledger_days,
    )


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    return keyed_routes(load_settings(Settings).idempotency_table)


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


def classify(request: Request) -> Response:
    """The classes of one text or of many, best first."""
    body = decode_body(request, group_schema.ClassifyBody)
    found = ClassifyTexts(build_service()).classify(
        _asked(request, "embeddings.classify", body),
        _texts_to_classify(body),
        [TextClass(each.label, each.description, each.examples) for each in body.classes],
        Certainty(body.min_score, body.min_margin),
    )
    _annotate(found.spending, texts=len(found.classifications))
    items = [
        group_schema.Classification(
            [group_schema.ClassScore(label, score) for label, score in each.ranking], each.margin, each.uncertain
        )
        for each in found.classifications
    ]
    shown = {"items": items} if body.text is None else msgspec.structs.asdict(items[0])
    return json_response(group_schema.ClassifyAnswer(**shown, **schema.took(found.spending)))


class _Body(Protocol):
    @property
    def model(self) -> str | None: ...
    @property
    def dimensions(self) -> int | None: ...


def _asked(request: Request, operation: str, body: _Body) -> Asked:
    return Asked(request.caller, operation, body.model, body.dimensions)


def _texts_to_classify(body: group_schema.ClassifyBody) -> list[tuple[str, str]]:
    if body.text is not None and body.texts is None:
        return [(body.text, "/text")]
    if body.texts is not None and body.text is None:
        return [(text, f"/texts/{place}") for place, text in enumerate(body.texts)]
    raise _nothing_to_do("send either text or texts")


def _compared(service: CompareTexts, body: schema.SimilarityBody, asked: Asked) -> Similarities:
    if body.pairs is not None and body.source is None and body.targets is None:
        return service.pairs(asked, body.pairs, body.metric)
    if body.source is not None and body.targets is not None and body.pairs is None:
        return service.one_to_many(asked, body.source, body.targets, body.metric)
    raise _nothing_to_do("send source and targets, or pairs alone")


def _nothing_to_do(detail: str) -> InvalidInputError:
    return InvalidInputError(f"It is not clear what is asked: {detail}.", errors=(FieldError("", detail),))


def _annotate(spent: Spending, *, texts: int) -> None:
    annotate(model=spent.model, input_tokens=spent.input_tokens, texts=texts)


handler = http_handler(
    {
        ("POST", "/embeddings"): idempotent(embed, build_idempotency),
        ("POST", "/embeddings/similarity"): idempotent(compare, build_idempotency),
        ("POST", "/embeddings/search"): idempotent(search, build_idempotency),
        ("POST", "/embeddings/classify"): idempotent(classify, build_idempotency),
    },
    scope="embeddings",
)
