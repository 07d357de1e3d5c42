"""An account with a table of runs, an archive and a state machine that does nothing for a while."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas.bulk_runs import control_handler, read_handler, start_handler
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from stacks.compiled_catalog import compile_catalog
from tests.contract.test_bulk_stores import make_bulk_table
from tests.contract.test_document_store import make_documents_table
from tests.integration.documents.conftest import account, send  # noqa: F401 - the same for every capability
from tests.integration.documents.test_retry import make_state_machine

ROOT = Path(__file__).parents[3]
TEXT = b"Herons nest in alders near the weir. Eleven nests were lost in the storm. " * 10
MODELS = {"aliases": {"fast": "us.amazon.nova-lite-v1:0"}, "allowed": []}


class Archive:
    """A bucket of documents, and the rows of runs."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket="archive")
        self.runs = DynamoDbBulkRunStore(aws_clients.dynamodb(), table="bulk")

    def fill(self, count: int, prefix: str = "letters/") -> None:
        for number in range(count):
            self.s3.put_object(Bucket="archive", Key=f"{prefix}{number:03}.txt", Body=TEXT)


@pytest.fixture
def archive(account: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:  # noqa: F811
    dynamodb = boto3.client("dynamodb")
    make_bulk_table(dynamodb, "bulk")
    make_documents_table(dynamodb, "papers")
    for table in ("clients", "idempotency"):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    for bucket in ("documents", "results"):
        boto3.client("s3").create_bucket(Bucket=bucket)
    compile_catalog(ROOT)
    for name, value in settings().items():
        monkeypatch.setenv(name, value)
    yield Archive()
    for cached in _cached():
        cached.cache_clear()


def settings(*, machine: str = "") -> dict[str, str]:
    return {
        "BULK_TABLE": "bulk",
        "CLIENTS_TABLE": "clients",
        "DOCUMENTS_TABLE": "papers",
        "IDEMPOTENCY_TABLE": "idempotency",
        "DOCUMENTS_BUCKET": "documents",
        "RESULTS_BUCKET": "results",
        "STATE_MACHINE_ARN": machine or make_state_machine(),
        "MODELS": json.dumps(MODELS),
        "BULK_MODEL": "fast",
        "BULK_ROUNDS": "3",
        "SUMMARY_STYLE": "brief",
        "SUMMARY_LANGUAGE": "document",
        "SECTION_TOKENS": "60000",
        "BULK_SOURCES": '["s3://archive/"]',
        "BULK_GUARDRAIL": "none",
        "BULK_GUARDRAIL_POLICIES": '["content", "topic"]',
        "BULK_QUOTAS": '{"jobs": 2, "minimum_records": 10}',
    }


def _cached() -> list[Any]:
    names = ("settings", "build_planner", "build_service", "build_carry", "build_reading", "build_idempotency")
    found: list[Callable[[], Any]] = []
    for handler in (start_handler, read_handler, control_handler):
        found += [getattr(handler, name) for name in names if hasattr(handler, name)]
    return found
