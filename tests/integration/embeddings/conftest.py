"""The functions that embed, on moto, with a scripted embedder where Bedrock would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.embeddings import cluster_handler, embed_handler, wiring
from lambdas.shared.adapters import aws_clients
from tests.fakes.embeddings import ScriptedTextEmbedder, embedding_card
from tests.fakes.models import small_catalog

ENVIRONMENT = {
    "LEDGER_TABLE": "ledger",
    "IDEMPOTENCY_TABLE": "idempotency",
    "EMBEDDING_MODELS": '{"aliases": {}, "allowed": []}',
    "LEDGER_DAYS": "400",
}
CATALOG = small_catalog(
    embedding_card(),
    embedding_card("acme.wide-v1:0", dimensions=(3_072,)),
    aliases={"embedding": "acme.embed-v1:0"},
)
HANDLERS = (embed_handler, cluster_handler)
CACHES = (
    *(cache for handler in HANDLERS for cache in (handler.build_service, handler.build_idempotency)),
    aws_clients.dynamodb,
    aws_clients.bedrock_runtime,
)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    _forget()
    with mock_aws():
        client = boto3.client("dynamodb")
        for table, keys in (("ledger", {"pk": "HASH", "sk": "RANGE"}), ("idempotency", {"pk": "HASH"})):
            client.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
                BillingMode="PAY_PER_REQUEST",
            )
        yield client
    _forget()


@pytest.fixture
def embedding(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedTextEmbedder]:
    """Call it to put a ScriptedTextEmbedder behind the handlers."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for item in dynamodb.scan(TableName="ledger", ProjectionExpression="pk, sk")["Items"]:
        dynamodb.delete_item(TableName="ledger", Key=item)

    def script(*errors: Exception | None, **options: Any) -> ScriptedTextEmbedder:
        embedder = ScriptedTextEmbedder(*errors, **options)
        monkeypatch.setattr(wiring, "load_catalog", lambda models: CATALOG)
        monkeypatch.setattr(wiring, "BedrockTextEmbedder", lambda client: embedder)
        for handler in HANDLERS:
            handler.build_service.cache_clear()
        return embedder

    return script


def _forget() -> None:
    for cache in CACHES:
        cache.cache_clear()
