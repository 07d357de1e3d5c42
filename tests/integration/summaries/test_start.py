"""SQS batches of real events start workflows."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from lambdas.summaries import start_handler
from tests.integration.summaries.conftest import CONTEXT, Deployed

EVENTS = Path(__file__).parents[2] / "events"
BATCH: dict[str, Any] = json.loads((EVENTS / "sqs_batch.json").read_text(encoding="utf-8"))
CREATED: dict[str, Any] = json.loads((EVENTS / "s3_object_created.json").read_text(encoding="utf-8"))
DELETED: dict[str, Any] = json.loads((EVENTS / "s3_object_deleted.json").read_text(encoding="utf-8"))
GOOD, MALFORMED, FOLDER = (record["messageId"] for record in BATCH["Records"])


def batch_of(*bodies: object) -> dict[str, Any]:
    records = [
        {**BATCH["Records"][0], "messageId": f"m{number}", "body": body if isinstance(body, str) else json.dumps(body)}
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}


def changed(**of_object: object) -> dict[str, Any]:
    event = copy.deepcopy(CREATED)
    event["detail"]["object"].update({name.replace("_", "-"): value for name, value in of_object.items()})
    return event


def failures(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_batch_starts_what_is_good_and_returns_what_is_not(deployed: Deployed) -> None:
    answer = start_handler.handler(BATCH, CONTEXT)
    assert failures(answer) == [MALFORMED]
    (execution,) = deployed.executions()
    started = json.loads(execution["input"])
    assert set(started) == {
        "bucket", "key", "version_id", "tenant", "document_id", "sequencer", "size", "attempt", "execution",
    }  # fmt: skip
    assert (started["key"], started["tenant"], started["attempt"]) == (CREATED["detail"]["object"]["key"], "acme", 1)
    assert execution["name"] == started["execution"]


def test_the_same_event_twice_runs_once(deployed: Deployed) -> None:
    for _ in range(2):
        assert failures(start_handler.handler(batch_of(CREATED, CREATED), CONTEXT)) == []
    assert len(deployed.executions()) == 1


def test_an_execution_that_has_ended_is_not_started_again(deployed: Deployed) -> None:
    start_handler.handler(batch_of(CREATED), CONTEXT)
    (execution,) = deployed.executions()
    boto3.client("stepfunctions").stop_execution(executionArn=execution["executionArn"])
    assert failures(start_handler.handler(batch_of(CREATED), CONTEXT)) == []
    assert len(deployed.executions()) == 1


def test_an_older_event_that_comes_late_starts_nothing(deployed: Deployed) -> None:
    newer = changed(version_id="newer", sequencer="00617F08299329D18A")
    assert failures(start_handler.handler(batch_of(newer, CREATED), CONTEXT)) == []
    (execution,) = deployed.executions()
    assert json.loads(execution["input"])["version_id"] == "newer"


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        {"detail-type": "Object Tags Added", "detail": CREATED["detail"]},
        {"detail-type": "Object Deleted", "detail": CREATED["detail"]},  # it does not say how
        {"detail-type": "Object Created", "detail": {**CREATED["detail"], "bucket": {}}},
        changed(sequencer="not hex"),
        changed(version_id=""),
        changed(key=7),
    ],
)
def test_a_malformed_event_goes_back_towards_the_dead_letters(
    deployed: Deployed, body: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures(start_handler.handler(batch_of(CREATED, body), CONTEXT)) == ["m1"]
    assert len(deployed.executions()) == 1
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["code"] == "malformed_event" and line["message_id"] == "m1"


def test_a_store_that_fails_returns_the_message(deployed: Deployed) -> None:
    boto3.client("dynamodb").delete_table(TableName="documents")
    assert failures(start_handler.handler(batch_of(CREATED), CONTEXT)) == ["m0"]


def gone(deletion: str, **of_object: object) -> dict[str, Any]:
    event = copy.deepcopy(DELETED)
    event["detail"]["deletion-type"] = deletion
    event["detail"]["object"].update({name.replace("_", "-"): value for name, value in of_object.items()})
    return event


def record() -> dict[str, Any]:
    (item,) = boto3.client("dynamodb").scan(TableName="documents")["Items"]
    return item


def test_a_deleted_document_is_marked(deployed: Deployed) -> None:
    assert failures(start_handler.handler(batch_of(CREATED, DELETED), CONTEXT)) == []
    assert record()["state"] == {"S": "DELETED"}
    assert record()["key"] == {"S": CREATED["detail"]["object"]["key"]}


def test_a_deletion_that_comes_first_keeps_its_drop_from_starting(deployed: Deployed) -> None:
    assert failures(start_handler.handler(batch_of(DELETED, CREATED), CONTEXT)) == []
    assert record()["state"] == {"S": "DELETED"}
    assert not deployed.executions()


def test_the_removal_of_an_old_version_leaves_the_document_alone(deployed: Deployed) -> None:
    """What the bucket's own lifecycle rule does thirty days after a document was replaced."""
    old = gone("Permanently Deleted", version_id="older", sequencer="00617F08299329D1FF")
    old["detail"] |= {"reason": "Lifecycle Expiration"}
    assert failures(start_handler.handler(batch_of(CREATED, old), CONTEXT)) == []
    assert record()["state"] == {"S": "RECEIVED"}


def test_the_removal_of_its_version_marks_the_document(deployed: Deployed) -> None:
    stored = CREATED["detail"]["object"]["version-id"]
    removed = gone("Permanently Deleted", version_id=stored, sequencer="00617F08299329D1FF")
    assert failures(start_handler.handler(batch_of(CREATED, removed), CONTEXT)) == []
    assert record()["state"] == {"S": "DELETED"}


def test_a_deleted_folder_marker_is_no_document(deployed: Deployed) -> None:
    assert failures(start_handler.handler(batch_of(gone("Delete Marker Created", key="inbox/acme/")), CONTEXT)) == []
    assert not boto3.client("dynamodb").scan(TableName="documents")["Items"]
