"""What may call a model: PUT /collections/{name}/items, and POST /collections/{name}/search and /classify."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from lambdas.collections.schema import (
    ClassifyBody,
    ItemsBody,
    SearchBody,
    classify_answer,
    new_items,
    search_answer,
    searched,
    stored_answer,
)
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_text_embedder import BedrockTextEmbedder
from lambdas.shared.adapters.dynamodb_collection_registry import DynamoDbCollectionRegistry
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_vectors_vector_store import S3VectorsVectorStore
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
from lambdas.shared.services.collection_classes import CollectionClasses, Voting
from lambdas.shared.services.collection_items import CollectionItems
from lambdas.shared.services.collection_lookup import CollectionLookup
from lambdas.shared.services.metered_embeddings import MeteredEmbeddings
from lambdas.shared.services.paid_calls import PaidCallsLedger, paid_calls

_READ_TIMEOUT_SECONDS = 30
# A request may take five hundred calls, many at once, of which some meet a throttle.
_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Settings:
    collections_table: str
    vector_bucket_arn: str
    embedding_models: str
    ledger_table: str
    ledger_days: int
    idempotency_table: str


@cache
def build_service() -> CollectionItems:
    settings = load_settings(Settings)
    ledger = DynamoDbLedger(aws_clients.dynamodb(), table=settings.ledger_table, days=settings.ledger_days)
    embeddings = MeteredEmbeddings(
        embedder=BedrockTextEmbedder(
            aws_clients.bedrock_runtime(attempts=_ATTEMPTS, read_timeout_seconds=_READ_TIMEOUT_SECONDS)
        ),
        catalog=load_catalog(settings.embedding_models),
        ledger=PaidCallsLedger(ledger),
        intents="beside",
    )
    registry = DynamoDbCollectionRegistry(aws_clients.dynamodb(), table=settings.collections_table)
    return CollectionItems(
        collections=CollectionLookup(registry),
        store=S3VectorsVectorStore(aws_clients.s3_vectors(), bucket_arn=settings.vector_bucket_arn),
        embedding=embeddings,
    )


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    """What runs a route once for each `Idempotency-Key`; the imports are for requests that have one."""
    from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
    from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
    from lambdas.shared.services.idempotent_calls import IdempotentCalls

    store = DynamoDbIdempotencyStore(aws_clients.dynamodb(), table=load_settings(Settings).idempotency_table)
    return IdempotentRoutes(calls=IdempotentCalls(store=store), paid_calls=paid_calls).run


def put_items(request: Request) -> Response:
    """Add or replace; texts are embedded."""
    items = new_items(decode_body(request, ItemsBody))
    spent = build_service().put(request.caller, request.path_parameters["name"], items)
    annotate(model=spent.model, input_tokens=spent.input_tokens)
    return json_response(stored_answer(len(items), spent))


def search(request: Request) -> Response:
    """The nearest to a text or a vector."""
    body = decode_body(request, SearchBody)
    wanted, where = searched(body), None if body.filter is None else parse_filter(body.filter)
    name = request.path_parameters["name"]
    result = build_service().search(request.caller, name, wanted, top_k=body.top_k, where=where)
    annotate(model=result.spent.model, input_tokens=result.spent.input_tokens)
    return json_response(search_answer(result))


def classify(request: Request) -> Response:
    """The class for which the nearest labelled items vote."""
    body = decode_body(request, ClassifyBody)
    wanted, where = searched(body), None if body.filter is None else parse_filter(body.filter)
    voting = Voting(body.label, body.top_k, body.min_margin, where)
    name = request.path_parameters["name"]
    verdict = CollectionClasses(build_service()).classify(request.caller, name, wanted, voting)
    annotate(model=verdict.spent.model, input_tokens=verdict.spent.input_tokens)
    return json_response(classify_answer(verdict))


handler = http_handler(
    {
        ("PUT", "/collections/{name}/items"): idempotent(put_items, build_idempotency),
        ("POST", "/collections/{name}/search"): idempotent(search, build_idempotency),
        ("POST", "/collections/{name}/classify"): idempotent(classify, build_idempotency),
    },
    scope="collections",
)
