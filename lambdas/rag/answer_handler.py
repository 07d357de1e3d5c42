"""POST /rag, /rag/stream and /rag/passages: questions to the documents, answered with citations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from lambdas.rag.schema import Delta, PassagesBody, RagBody, RagStreamBody, Start, passages_answer, rag_answer
from lambdas.rag.wiring import rag_services
from lambdas.shared.adapters import aws_clients
from lambdas.shared.domain.filter_parsing import parse_filter
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
from lambdas.shared.runtime.sse import sse_event, sse_response
from lambdas.shared.services.find_passages import FindPassages
from lambdas.shared.services.grounded_answer import GroundedAnswer
from lambdas.shared.services.paid_calls import paid_calls
from lambdas.shared.services.rag_question import RagAnswer, RagItem, RagQuestion, RagStarted


@dataclass(frozen=True)
class Settings:
    """The function's environment. `knowledge_base_id` is `none` where the deployment has none, `rag_rerank_model_arn`
    where it does not rerank."""

    conversations_table: str
    ledger_table: str
    idempotency_table: str
    results_bucket: str
    collections_table: str
    vector_bucket_arn: str
    knowledge_base_id: str
    models: str
    embedding_models: str
    rag_model: str
    rag_top_k: int
    rag_score_floor: float
    rag_query_rewriting: str
    rag_rewriting_model: str
    rag_rerank_model_arn: str
    rag_rerank_score_floor: float
    conversation_days: int
    ledger_days: int
    guardrail_id: str
    guardrail_version: str
    guardrail_stream_mode: str
    guardrail_messages: str
    grounding_id: str
    grounding_version: str


@cache
def build_service() -> tuple[GroundedAnswer, FindPassages]:
    """Pick the adapters."""
    return rag_services(load_settings(Settings))


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    """What runs a route once for each `Idempotency-Key`; the imports are for requests that have one."""
    from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
    from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
    from lambdas.shared.services.idempotent_calls import IdempotentCalls

    store = DynamoDbIdempotencyStore(aws_clients.dynamodb(), table=load_settings(Settings).idempotency_table)
    return IdempotentRoutes(calls=IdempotentCalls(store=store), paid_calls=paid_calls).run


def answer(request: Request) -> Response:
    """The whole answer as JSON."""
    service, _ = build_service()
    answered = service.answer(_question(request, decode_body(request, RagBody)))
    _note(answered)
    return json_response(rag_answer(answered))


def stream_answer(request: Request) -> Response:
    """`start`, `delta`..., then `done` or `error`."""
    body = decode_body(request, RagStreamBody)
    service, _ = build_service()
    return sse_response(service.stream(_question(request, body), strict=body.strict), _encode)


def find_passages(request: Request) -> Response:
    """The passages that an answer would be written from."""
    body = decode_body(request, PassagesBody)
    _, service = build_service()
    found = service.find(_asked(request, body))
    annotate(passages=len(found.passages), reranking=found.reranking)
    return json_response(passages_answer(found))


def _asked(request: Request, body: PassagesBody) -> RagQuestion:
    return RagQuestion(
        caller=request.caller,
        question=body.question,
        filter=None if body.filter is None else parse_filter(body.filter),
        top_k=body.top_k,
        collection=body.collection,
        remaining_seconds=request.remaining_seconds,
    )


def _question(request: Request, body: RagBody) -> RagQuestion:
    return replace(_asked(request, body), conversation_id=body.conversation_id, model=body.model)


def _encode(item: RagItem) -> bytes:
    if isinstance(item, str):
        return sse_event("delta", Delta(item))
    if isinstance(item, RagStarted):
        return sse_event("start", Start(item.conversation_id, item.model))
    _note(item)
    return sse_event("done", rag_answer(item))


def _note(answered: RagAnswer) -> None:
    usage = answered.bill.usage
    annotate(
        model=answered.model,
        grounded=answered.grounded,
        refusal=answered.refusal,
        passages=len(answered.passages),
        reranking=answered.reranking,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
    )


handler = http_handler(
    {
        ("POST", "/rag"): idempotent(answer, build_idempotency),
        ("POST", "/rag/stream"): idempotent(stream_answer, build_idempotency),
        ("POST", "/rag/passages"): idempotent(find_passages, build_idempotency),
    },
    scope="rag",
)
