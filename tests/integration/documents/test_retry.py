"""POST /documents/{id}/retry with API Gateway's events, on tables, a bucket and a state machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from lambdas.documents import retry_handler
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.domain.execution import SummaryRun, run_of
from lambdas.shared.domain.failure import Failure
from tests.contract.test_document_store import make_documents_table
from tests.fakes.documents import STEP, dropped, received, run_for
from tests.integration.documents.conftest import Send

RUN = run_for(dropped("inbox/acme/한국어 보고서.txt"))
ROUTE = "POST /documents/{id}/retry"


@pytest.fixture(autouse=True)
def store(account: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDbDocumentStore]:
    dynamodb = boto3.client("dynamodb")
    make_documents_table(dynamodb, "documents")
    dynamodb.create_table(
        TableName="idempotency",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    boto3.client("s3").create_bucket(Bucket=RUN.bucket)
    boto3.client("s3").put_object(Bucket=RUN.bucket, Key=RUN.key, Body=b"text")
    settings = {
        "DOCUMENTS_TABLE": "documents",
        "IDEMPOTENCY_TABLE": "idempotency",
        "RESULTS_BUCKET": "results",
        "STATE_MACHINE_ARN": make_state_machine(),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    store = DynamoDbDocumentStore(aws_clients.dynamodb(), table="documents")
    store.register(received(RUN))
    store.claim(RUN, STEP)
    store.fail(RUN, Failure("model_throttled", "Later."), cost_usd=None)
    yield store
    for made in (retry_handler.settings, retry_handler.build_service, retry_handler.build_idempotency):
        made.cache_clear()


def make_state_machine() -> str:
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
    role = "arn:aws:iam::123456789012:role/summarize"
    made = boto3.client("stepfunctions").create_state_machine(
        name="summarize", definition=json.dumps(definition), roleArn=role
    )
    return str(made["stateMachineArn"])


def inputs() -> list[dict[str, Any]]:
    client = boto3.client("stepfunctions")
    (machine,) = client.list_state_machines()["stateMachines"]
    found = client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    described = [client.describe_execution(executionArn=each["executionArn"]) for each in found]
    return [{**json.loads(each["input"]), "name": each["name"]} for each in described]


@pytest.fixture
def retry(send: Send) -> Send:
    def sent(document_id: str = RUN.document_id, **more: Any) -> tuple[int, Any]:
        return send(retry_handler.handler, ROUTE, document_id=document_id, **more)

    return sent


def test_a_failed_document_is_tried_again(retry: Send) -> None:
    status, answer = retry()
    assert status == 202
    assert (answer["document_id"], answer["state"], answer["attempt"]) == (RUN.document_id, "RECEIVED", 2)
    assert (answer["error"], answer["steps"]) == (None, [])
    (started,) = inputs()
    assert started["attempt"] == 2 and started["name"] == started["execution"]
    assert started["execution"] == RUN.execution.removesuffix("-1") + "-2"
    assert {name: started[name] for name in ("bucket", "key", "version_id", "tenant", "sequencer", "size")} == {
        name: getattr(RUN, name) for name in ("bucket", "key", "version_id", "tenant", "sequencer", "size")
    }


def test_it_may_be_said_twice(retry: Send) -> None:
    assert retry() == retry()
    assert len(inputs()) == 1


def test_under_one_idempotency_key_there_is_one_attempt_also_after_another_failure(
    retry: Send, store: DynamoDbDocumentStore
) -> None:
    first = retry(key="k1")
    store.fail(run_for_attempt(2), Failure("model_throttled", "Later."), cost_usd=None)
    assert retry(key="k1") == first
    assert len(inputs()) == 1
    assert retry(key="k2")[1]["attempt"] == 3


def run_for_attempt(attempt: int) -> SummaryRun:
    return run_of(dropped(RUN.key), tenant="acme", attempt=attempt)


def test_what_has_not_failed_is_a_409_with_its_state(retry: Send, store: DynamoDbDocumentStore) -> None:
    retry()
    store.claim(run_for_attempt(2), STEP)
    status, answer = retry()
    assert (status, answer["code"]) == (409, "document_not_failed")
    assert "RUNNING" in answer["detail"]


def test_a_document_whose_object_is_gone_is_a_409_with_the_remedy(retry: Send) -> None:
    boto3.client("s3").delete_object(Bucket=RUN.bucket, Key=RUN.key)
    status, answer = retry()
    assert (status, answer["code"]) == (409, "document_gone")
    assert "drop it again" in answer["detail"] and not inputs()


@pytest.mark.parametrize(("document_id", "tenant"), [("doc_nothing", "acme"), (RUN.document_id, "globex")])
def test_what_is_missing_and_what_is_somebody_elses_look_the_same(retry: Send, document_id: str, tenant: str) -> None:
    status, answer = retry(document_id, tenant=tenant)
    assert (status, answer["code"]) == (404, "not_found")
    assert not inputs()


def test_a_key_without_the_scope_is_refused(retry: Send) -> None:
    assert retry(scopes="chat")[0] == 403
    assert not inputs()
