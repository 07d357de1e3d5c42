"""SQS batches of real events and of reminders reach a Knowledge Base; and the operator's sync."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import numpy as np
import pytest
from moto import mock_aws

from lambdas.knowledge import ingest_handler
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_knowledge_records import DynamoDbKnowledgeRecords
from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.dropped_object import DroppedObject
from local.bedrock import install
from local.bedrock.embedded.embedded_brain import EmbeddedBrain
from local.bedrock.knowledge.directory import DIRECTORY
from local.clock import set_time_scale
from ops import knowledge
from ops.__main__ import main
from tests.contract.test_document_store import make_documents_table
from tests.integration.local_bedrock.knowledge_house import KnowledgeHouse

EVENTS = Path(__file__).parents[2] / "events"
RECORD: dict[str, Any] = json.loads((EVENTS / "sqs_batch.json").read_text(encoding="utf-8"))["Records"][0]
CREATED: dict[str, Any] = json.loads((EVENTS / "s3_object_created.json").read_text(encoding="utf-8"))
CONTEXT = SimpleNamespace(aws_request_id="request-1")
BUCKET, KEY = "quarry-documents", "knowledge/acme/한국어 보고서 100%2F1 🪨.txt"
CLIENTS = ("dynamodb", "s3", "sqs", "bedrock_agent")


class World:
    def __init__(self, house: KnowledgeHouse, queue_url: str) -> None:
        self.house, self.queue_url = house, queue_url
        self.records = DynamoDbKnowledgeRecords(boto3.client("dynamodb"), table="documents")

    def put(self, body: bytes = b"Granite is hard.", key: str = KEY, **metadata: str) -> dict[str, Any]:
        """An object, and the event that tells of it."""
        put = boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=metadata)
        event = copy.deepcopy(CREATED)
        event["detail"]["object"] |= {"key": key, "version-id": put["VersionId"]}
        return event

    def tell(self, *bodies: Any) -> list[str]:
        records = [
            {**RECORD, "messageId": f"m{number}", "body": body if isinstance(body, str) else json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
        failed = ingest_handler.handler({"Records": records}, CONTEXT)["batchItemFailures"]
        return [each["itemIdentifier"] for each in failed]

    def reminders(self) -> list[str]:
        """What waits in the queue, delayed or not."""
        from moto.sqs.models import sqs_backends

        queue = sqs_backends["123456789012"]["us-east-1"].get_queue("knowledge")
        bodies = [message.body for message in queue._messages]
        queue._messages.clear()
        return bodies

    def record(self, key: str = KEY) -> Document:
        found = self.records.get("acme", DroppedObject(BUCKET, key, "", "", 0).document_id)
        assert found is not None
        return found

    def until_ended(self, key: str = KEY) -> Document:
        """Works the reminders off until there are none."""
        for _ in range(300):
            if not self.tell_reminders():
                return self.record(key)
            time.sleep(0.01)
        raise AssertionError(self.record(key))

    def tell_reminders(self) -> bool:
        waiting = self.reminders()
        if waiting:
            assert self.tell(*waiting) == []
        return bool(waiting)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    install(EmbeddedBrain(piece_ms=1))
    set_time_scale(1000)
    with mock_aws():
        dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
        make_documents_table(dynamodb, "documents")
        key = {"AttributeName": "pk", "KeyType": "HASH"}
        dynamodb.create_table(
            TableName="clients",
            KeySchema=[key],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName="clients", Item={"pk": {"S": "tenant#acme"}})
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        house = KnowledgeHouse(boto3.client, f"handler-{time.monotonic_ns()}")
        url = boto3.client("sqs").create_queue(QueueName="knowledge")["QueueUrl"]
        settings = {
            "DOCUMENTS_TABLE": "documents",
            "CLIENTS_TABLE": "clients",
            "DEFAULT_TENANT": "local",
            "KNOWLEDGE_BASE_ID": house.base,
            "DATA_SOURCE_ID": house.source,
            "QUEUE_URL": url,
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        _forget()
        yield World(house, url)
        _forget()
    set_time_scale(1)


def _forget() -> None:
    """Clients and services are made once per process; each test has its own world."""
    ingest_handler.build_service.cache_clear()
    for name in CLIENTS:
        getattr(aws_clients, name).cache_clear()


def test_a_drop_is_ingested_looked_at_again_and_found(world: World) -> None:
    assert world.tell(world.put(owner="=?UTF-8?Q?Zo=C3=AB?=", year="2020")) == []
    assert world.record().state is DocumentState.INGESTING
    record = world.until_ended()
    assert (record.state, record.failure) == (DocumentState.INDEXED, None)
    stored = DIRECTORY.knowledge_base(world.house.base).passages
    ((passage, _),) = stored.nearest(np.ones(256, dtype=np.float32), lambda metadata: metadata["tenant"] == "acme")
    assert passage.text == "Granite is hard."
    assert [passage.metadata[key] for key in ("key", "owner", "year")] == [KEY, "Zoë", 2020]


def test_malformed_messages_come_back_and_hold_up_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    strange = '{"quarry": "knowledge-check", "documents": [{"tenant": ""}], "round": 0}'
    assert world.tell("{not json", world.put(), strange) == ["m0", "m2"]
    assert world.record().state is DocumentState.INGESTING
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["malformed"], line["tended"], line["again"]) == (2, 1, 1)
    assert "Granite" not in json.dumps(line)


def test_a_corrupt_document_fails_with_its_reason(world: World) -> None:
    key = "knowledge/acme/broken.pdf"
    world.tell(world.put(b"%PDF-1.7 no more", key))
    record = world.until_ended(key)
    assert record.state is DocumentState.FAILED and record.failure is not None
    assert "could not be parsed" in record.failure.detail


def test_a_service_out_of_reach_brings_the_messages_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    event = world.put()
    boto3.client("sqs").delete_queue(QueueUrl=world.queue_url)
    assert world.tell(event) == ["m0"]
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["level"] == "ERROR"


def test_the_operator_s_sync_prints_what_it_finds(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {
        "DocumentsBucketName": BUCKET,
        "DocumentsTableName": "documents",
        "ClientsTableName": "clients",
        "KnowledgeDefaultTenant": "local",
        "KnowledgeBaseId": world.house.base,
        "KnowledgeDataSourceId": world.house.source,
        "KnowledgeQueueUrl": world.queue_url,
    }
    monkeypatch.setattr(knowledge, "stack_output", lambda name, *, stack_prefix: outputs[name])
    world.put()
    assert main(["knowledge", "sync", "--dry-run"]) == 0
    assert "1  to ingest\n" in capsys.readouterr().out
    assert world.reminders() == []
    assert main(["knowledge", "sync"]) == 0
    assert "the worker goes on" in capsys.readouterr().out
    assert world.tell(*world.reminders()) == []
    assert world.until_ended().state is DocumentState.INDEXED
    assert main(["knowledge", "sync"]) == 0
    assert "1  unchanged\n" in capsys.readouterr().out


def test_prices_are_dated_and_have_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "price"]) == 0
    printed = capsys.readouterr().out
    assert "2026-11-21" in printed and "$175.20" in printed and "https://aws.amazon.com/opensearch-service" in printed
