"""The chat functions on moto, with a scripted model where Bedrock would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.chat import conversations_handler, turn_handler
from lambdas.shared.adapters import aws_clients
from tests.fakes.models import ScriptedChatModel, small_catalog

ENVIRONMENT = {
    "CONVERSATIONS_TABLE": "conversations",
    "LEDGER_TABLE": "ledger",
    "IDEMPOTENCY_TABLE": "idempotency",
    "MODELS": '{"aliases": {}, "allowed": []}',
    "HISTORY_TOKENS": "1000",
    "RESULTS_BUCKET": "results",
    "MEMORY_SUMMARY": "on",
    "CONVERSATION_DAYS": "30",
    "LEDGER_DAYS": "400",
    "GUARDRAIL_ID": "none",
    "GUARDRAIL_VERSION": "none",
    "GUARDRAIL_STREAM_MODE": "sync",
    "GUARDRAIL_MESSAGES": "[]",
}
CACHES = (
    turn_handler.build_service,
    turn_handler.build_idempotency,
    conversations_handler.build_service,
    aws_clients.dynamodb,
    aws_clients.s3,
    aws_clients.bedrock_runtime,
)


@pytest.fixture(scope="module")
def tables() -> Iterator[Any]:
    """The tables, once per file: making clients is what takes the time here."""
    _forget()
    with mock_aws():
        client = boto3.client("dynamodb")
        for table in ("conversations", "ledger"):
            client.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                AttributeDefinitions=[
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                BillingMode="PAY_PER_REQUEST",
            )
        client.create_table(
            TableName="idempotency",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="results")
        s3.put_bucket_versioning(Bucket="results", VersioningConfiguration={"Status": "Enabled"})
        yield client
    _forget()


@pytest.fixture
def dynamodb(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tables, empty."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(turn_handler, "load_catalog", lambda models: small_catalog())
    for table in ("conversations", "ledger", "idempotency"):
        for item in tables.scan(TableName=table, ProjectionExpression="pk, sk")["Items"]:
            tables.delete_item(TableName=table, Key=item)
    return tables


@pytest.fixture
def answering(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedChatModel]:
    """Call it with a script to put a ScriptedChatModel behind the handlers."""

    def script(*entries: Any, **options: Any) -> ScriptedChatModel:
        model = ScriptedChatModel(*entries, **options)
        monkeypatch.setattr(turn_handler, "BedrockChatModel", lambda client: model)
        turn_handler.build_service.cache_clear()
        return model

    return script


def _forget() -> None:
    for cache in CACHES:
        cache.cache_clear()
