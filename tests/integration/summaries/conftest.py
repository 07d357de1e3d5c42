"""The AWS side of the summaries' functions, in process: tables, buckets, state machine, event bus, a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters import aws_clients
from lambdas.summaries import (
    collect_handler,
    fail_handler,
    infer_handler,
    merge_handler,
    prepare_handler,
    start_handler,
)
from stacks.compiled_catalog import compile_catalog
from tests.contract.test_document_store import make_documents_table
from tests.fakes.documents import SUMMARY

ROOT = Path(__file__).parents[3]
MODEL = "amazon.nova-lite-v1:0"
CONTEXT = SimpleNamespace(aws_request_id="request-1")
HANDLERS = (collect_handler, fail_handler, infer_handler, merge_handler, prepare_handler, start_handler)


@dataclass
class Deployed:
    """What the tests look into; `answers` are the model's next texts, the last one repeats."""

    documents: str = "quarry-documents"
    results: str = "quarry-results"
    answers: list[str] = field(default_factory=lambda: [json.dumps(SUMMARY.as_json())])
    calls: int = 0
    state_machine_arn: str = ""

    def drop(self, body: bytes, key: str) -> str:
        return str(boto3.client("s3").put_object(Bucket=self.documents, Key=key, Body=body)["VersionId"])

    def read(self, key: str) -> str:
        return str(boto3.client("s3").get_object(Bucket=self.results, Key=key)["Body"].read().decode())

    def executions(self) -> list[dict[str, Any]]:
        client = boto3.client("stepfunctions")
        found = client.list_executions(stateMachineArn=self.state_machine_arn)["executions"]
        return [client.describe_execution(executionArn=execution["executionArn"]) for execution in found]

    def published(self) -> list[dict[str, Any]]:
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName="heard")["QueueUrl"]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    compile_catalog(ROOT)
    with mock_aws():
        world = Deployed()
        _make_stores(world)
        world.state_machine_arn = _make_state_machine()
        _make_listener()
        settings = {
            "DOCUMENTS_TABLE": "documents",
            "CLIENTS_TABLE": "clients",
            "LEDGER_TABLE": "ledger",
            "SLOTS_TABLE": "slots",
            "MAX_MODEL_CALLS": "3",
            "SUMMARY_STYLE": "brief",
            "SUMMARY_LANGUAGE": "document",
            "SECTION_TOKENS": "4000",
            "RESULTS_BUCKET": world.results,
            "STATE_MACHINE_ARN": world.state_machine_arn,
            "EVENT_BUS_NAME": "default",
            "DEFAULT_TENANT": "local",
            "MODELS": json.dumps({"aliases": {"fast": MODEL}, "allowed": []}),
            "SUMMARY_MODEL": "fast",
            "LEDGER_DAYS": "400",
            "GUARDRAIL_ID": "none",
            "GUARDRAIL_VERSION": "none",
            "GUARDRAIL_STREAM_MODE": "sync",
            "GUARDRAIL_MESSAGES": "[]",
            "SUMMARIES_GUARDRAIL": "output",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        _forget()
        _answer_converse(world)
        yield world
        _forget()


def _make_stores(world: Deployed) -> None:
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    make_documents_table(dynamodb, "documents")
    for name, keys in (("clients", ("pk",)), ("ledger", ("pk", "sk")), ("slots", ("pk", "sk"))):
        dynamodb.create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    dynamodb.put_item(TableName="clients", Item={"pk": {"S": "tenant#acme"}})
    for bucket in (world.documents, world.results):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _make_state_machine() -> str:
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
    client = boto3.client("stepfunctions")
    machine = client.create_state_machine(
        name="summarize", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/summarize"
    )
    return str(machine["stateMachineArn"])


def _make_listener() -> None:
    url = boto3.client("sqs").create_queue(QueueName="heard")["QueueUrl"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events = boto3.client("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["quarry"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "heard", "Arn": arn}])


def _answer_converse(world: Deployed) -> None:
    """Below the adapter: moto has no Converse."""

    def answer(**_: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
        world.calls += 1
        text = world.answers.pop(0) if len(world.answers) > 1 else world.answers[0]
        return SimpleNamespace(status_code=200), {
            "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100},
        }

    client = aws_clients.bedrock_runtime(attempts=1, read_timeout_seconds=infer_handler.READ_TIMEOUT_SECONDS)
    client.meta.events.register("before-call.bedrock-runtime.Converse", answer)


def _forget() -> None:
    """Clients and services are made once per process; each test has its own world."""
    made: list[Callable[..., Any]] = [handler.build_service for handler in HANDLERS]
    made += [
        getattr(aws_clients, name) for name in ("bedrock_runtime", "dynamodb", "s3", "step_functions", "event_bridge")
    ]
    for function in made:
        function.cache_clear()  # type: ignore[attr-defined]
