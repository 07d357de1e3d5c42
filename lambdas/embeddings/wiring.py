"""Adapters behind the services of both functions that embed."""

from __future__ import annotations

from collections.abc import Callable

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_text_embedder import BedrockTextEmbedder
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.runtime.http import Request, Response, Route
from lambdas.shared.services.embed_texts import EmbedTexts
from lambdas.shared.services.metered_embeddings import MeteredEmbeddings
from lambdas.shared.services.paid_calls import PaidCallsLedger, paid_calls

_READ_TIMEOUT_SECONDS = 30
# A request may take two thousand calls at once, of which some meet a throttle; each waits up to 20 s at the end.
_ATTEMPTS = 6


def embed_texts(*, embedding_models: str, ledger_table: str, ledger_days: int) -> EmbedTexts:
    """The arguments are the functions' settings of these names."""
    client = aws_clients.bedrock_runtime(attempts=_ATTEMPTS, read_timeout_seconds=_READ_TIMEOUT_SECONDS)
    ledger = DynamoDbLedger(aws_clients.dynamodb(), table=ledger_table, days=ledger_days)
    embeddings = MeteredEmbeddings(
        embedder=BedrockTextEmbedder(client),
        catalog=load_catalog(embedding_models),
        ledger=PaidCallsLedger(ledger),
        intents="beside",
    )
    return EmbedTexts(embeddings)


def keyed_routes(idempotency_table: str) -> Callable[[Route, Request], Response]:
    """What runs a route once for each `Idempotency-Key`; the imports are for requests that have one."""
    from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
    from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
    from lambdas.shared.services.idempotent_calls import IdempotentCalls

    store = DynamoDbIdempotencyStore(aws_clients.dynamodb(), table=idempotency_table)
    return IdempotentRoutes(calls=IdempotentCalls(store=store), paid_calls=paid_calls).run
