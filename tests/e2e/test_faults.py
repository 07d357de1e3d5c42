"""What users see while things break: a stack of its own, with faults on demand and fast workflow retries."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.api import Answer, call, events, wait_for
from tests.e2e.breaking import LOST, Faults, ledger, quiet
from tests.e2e.conftest import RunningStack
from tests.e2e.test_documents import documents, drop, ended, executions

MESSAGE = "Tell me about the sea, the wind and the sky at night, in several sentences, please."
TEXT = "The harbour was rebuilt in {n}. Its walls are made of granite. Every ship pays a toll of {n} coins."


@pytest.fixture
def stack(breaking_stack: RunningStack) -> RunningStack:
    return breaking_stack


@pytest.fixture
def faults(stack: RunningStack) -> Iterator[Faults]:
    control = Faults(stack)
    control.clear()
    yield control
    control.clear()


def chat(stack: RunningStack, path: str = "/chat", **fields: Any) -> Answer:
    return call(stack.api_url, "POST", path, {"message": MESSAGE, **fields}, key=stack.key)


def conversation(stack: RunningStack, number: str) -> Any:
    return call(stack.api_url, "GET", f"/conversations/{number}", key=stack.key).json


def test_rules_of_the_command_line_are_in_force_from_the_start(stack: RunningStack) -> None:
    """The fixture's first call met the rule and was answered at the second attempt."""
    assert re.search(r"FAULT 1 throttle \| bedrock-runtime ConverseStream by ChatTurn", stack.log.read_text())


def test_two_throttles_are_not_seen(stack: RunningStack, faults: Faults) -> None:
    faults.add("throttle", operation="Converse*", count=2)
    assert chat(stack).status == 200
    assert faults.hits() == [2]


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_a_throttled_model_is_429_after_three_attempts(stack: RunningStack, faults: Faults, path: str) -> None:
    faults.add("throttle", operation="Converse*")
    answer = chat(stack, path)
    assert (answer.status, answer.json["code"]) == (429, "model_throttled"), answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert faults.hits() == [3]


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("server_error", {}),
        ("server_error", {"code": "ServiceUnavailableException", "status": 503}),
        ("timeout", {"ms": 50}),
        ("stream_cut", {"pieces": 0}),
    ],
)
def test_a_failing_model_is_503(stack: RunningStack, faults: Faults, kind: str, params: Any) -> None:
    faults.add(kind, operation="Converse*", params=params)
    answer = chat(stack)
    assert (answer.status, answer.json["code"]) == (503, "model_unavailable"), answer.text


def test_a_failed_turn_leaves_the_conversation_free(stack: RunningStack, faults: Faults) -> None:
    number = chat(stack).json["conversation_id"]
    faults.add("server_error", operation="Converse*", count=3)
    assert chat(stack, conversation_id=number).status == 503
    assert chat(stack, conversation_id=number).status == 200
    assert len(conversation(stack, number)["items"]) == 4


@pytest.mark.parametrize("how", ["connection", "exception"])
def test_a_cut_stream_is_told_and_its_part_is_kept(stack: RunningStack, faults: Faults, how: str) -> None:
    faults.add("stream_cut", params={"pieces": 1, "how": how})
    found = events(chat(stack, "/chat/stream").text)
    assert [name for name, _ in found] == ["start", "delta", "error"]
    number = found[0][1]["conversation_id"]
    question, answer = conversation(stack, number)["items"]
    assert question["text"] == MESSAGE
    assert answer["text"] == "".join(data["text"] for name, data in found if name == "delta")
    assert answer["interrupted"] is True
    assert ledger(stack, number) == ["interrupted"]


def test_a_slow_model_is_waited_for(stack: RunningStack, faults: Faults) -> None:
    faults.add("slow_first_token", params={"ms": 300})
    faults.add("slow_piece", params={"ms": 20})
    assert [name for name, _ in events(chat(stack, "/chat/stream").text)][-1] == "done"


def test_a_throttled_table_is_retried(stack: RunningStack, faults: Faults) -> None:
    faults.add("throttle", service="dynamodb", function="ChatTurn", count=2)
    faults.add("server_error", service="dynamodb", function="ChatTurn", skip=2, count=1)
    number = chat(stack).json["conversation_id"]
    assert chat(stack, conversation_id=number).status == 200
    assert faults.hits() == [2, 1]


def test_a_turn_that_dies_is_502_and_its_lease_runs_out(stack: RunningStack, faults: Faults) -> None:
    number = chat(stack).json["conversation_id"]
    faults.add("slow_first_token", function="ChatTurn", count=1, params={"ms": 500})  # models are no faster than that
    faults.add("crash", function="ChatTurn", operation="ConverseStream", count=1, params={"pieces": 0})
    assert chat(stack, conversation_id=number).status == 502
    assert ledger(stack, number) == ["completed", LOST]
    busy = chat(stack, conversation_id=number)
    assert (busy.status, busy.json["code"]) == (409, "conversation_busy") and busy.headers["retry-after"]
    expire_lease(stack, number)
    assert chat(stack, conversation_id=number).status == 200
    assert len(conversation(stack, number)["items"]) == 4


def expire_lease(stack: RunningStack, number: str) -> None:
    """What five minutes do: every lease of the conversation lies in the past."""
    client, table = stack.client("dynamodb"), stack.outputs["ConversationsTableName"]
    leased = [
        item for item in client.scan(TableName=table)["Items"] if number in json.dumps(item) and "lease_until" in item
    ]
    assert leased
    for item in leased:
        client.update_item(
            TableName=table,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET lease_until = :past",
            ExpressionAttributeValues={":past": {"N": "1"}},
        )


def test_a_stream_whose_turn_dies_ends_without_done(stack: RunningStack, faults: Faults) -> None:
    faults.add("crash", function="ChatTurn", operation="ConverseStream", count=1, params={"pieces": 1})

    try:
        text = chat(stack, "/chat/stream").text
    except (http.client.IncompleteRead, ConnectionError):
        text = ""
    assert "event: done" not in text
    assert chat(stack).status == 200


@pytest.mark.parametrize(
    ("name", "kind", "service"),
    [
        ("s3", "doubled_event", "s3"),
        ("rule", "doubled_event", "events"),
        ("queue", "doubled_event", "sqs"),
        ("late", "late_event", "s3"),
    ],
)
def test_repeated_and_late_events_run_once(
    stack: RunningStack, faults: Faults, name: str, kind: str, service: str
) -> None:
    operation = "Delivery" if service == "sqs" else "ObjectCreated"
    faults.add(kind, service=service, operation=operation, params={"ms": 200} if kind == "late_event" else {})
    key = f"inbox/local/events/{name}.txt"
    drop(stack, key, f"This comes by {name}. {TEXT.format(n=1700)}".encode())
    document = ended(stack, key)
    quiet(stack)
    assert document["state"] == "SUMMARIZED"
    assert len(executions(stack, document["document_id"])) == 1
    assert ledger(stack, document["document_id"]).count("completed") == 1
    assert faults.hits()[0] >= 1


def test_a_lost_event_is_healed_by_putting_the_object_again(stack: RunningStack, faults: Faults) -> None:
    faults.add("lost_event", operation="ObjectCreated", count=1)
    key = "inbox/local/events/lost.txt"
    drop(stack, key, TEXT.format(n=1999).encode())
    quiet(stack)
    assert key not in [item["key"] for item in documents(stack)]
    bucket = stack.outputs["DocumentsBucketName"]
    stack.client("s3").copy_object(
        Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key}, MetadataDirective="REPLACE"
    )
    assert ended(stack, key)["state"] == "SUMMARIZED"


@pytest.mark.parametrize(
    ("name", "crash", "rows"),
    [
        # from there on nobody but AWS's bill knows whether the first call was made: its intent says so
        ("before its model call", {"operation": "Converse", "params": {"when": "before"}}, [LOST, "completed"]),
        ("after its model call", {"operation": "Converse", "params": {"when": "after"}}, [LOST, "completed"]),
        ("before its answer is stored", {"service": "s3", "operation": "PutObject"}, ["completed"] * 2),
        (
            "after its answer is stored",
            {"service": "s3", "operation": "PutObject", "params": {"when": "after"}},
            ["completed"],
        ),
    ],
)
def test_a_function_that_dies_does_not_lose_a_document(
    stack: RunningStack, faults: Faults, name: str, crash: Any, rows: list[str]
) -> None:
    faults.add("crash", function="SummariesInfer", count=1, **crash)
    key = f"inbox/local/crash/{name}.txt"
    drop(stack, key, f"A function died {name}. {TEXT.format(n=1600)}".encode())
    document = ended(stack, key)
    assert document["state"] == "SUMMARIZED", document
    assert faults.hits() == [1]
    assert ledger(stack, document["document_id"]) == rows
    assert len(executions(stack, document["document_id"])) == 1


def test_crashes_anywhere_lose_nothing(stack: RunningStack, faults: Faults) -> None:
    """Each step of the workflow dies twice, wherever it happens to be; every step has at least two retries."""
    for step in ("Prepare", "Infer", "Collect"):
        faults.add("crash", service="*", function=f"Summaries{step}", rate=0.2, seed=5, count=2)
    keys = [f"inbox/local/crashes/{n}.txt" for n in range(8)]
    for n, key in enumerate(keys):
        drop(stack, key, TEXT.format(n=1500 + n).encode())
    for key in keys:
        document = ended(stack, key)
        assert document["state"] == "SUMMARIZED", document
        assert 1 <= ledger(stack, document["document_id"]).count("completed") <= 2
    assert sum(faults.hits()) >= 4


def test_a_retry_that_dies_before_its_execution_starts_is_finished_by_the_next_one(
    stack: RunningStack, faults: Faults
) -> None:
    key = "inbox/local/retry.txt"
    faults.add("server_error", operation="Converse", params={"code": "ValidationException", "status": 400})
    drop(stack, key, TEXT.format(n="retried").encode())
    failed = ended(stack, key)
    assert (failed["state"], failed["error"]["code"]) == ("FAILED", "model_refused_request")
    faults.clear()
    faults.add("crash", service="stepfunctions", operation="StartExecution", function="DocumentsRetry", count=1)
    path = f"/documents/{failed['document_id']}/retry"
    assert call(stack.api_url, "POST", path, key=stack.key).status == 502
    left = call(stack.api_url, "GET", f"/documents/{failed['document_id']}", key=stack.key).json
    assert (left["state"], left["attempt"], len(executions(stack, failed["document_id"]))) == ("RECEIVED", 2, 1)
    again = call(stack.api_url, "POST", path, key=stack.key)
    assert (again.status, again.json["attempt"]) == (202, 2)
    document = ended(stack, key)
    assert (document["state"], document["attempt"]) == ("SUMMARIZED", 2)
    assert len(executions(stack, failed["document_id"])) == 2


def test_a_document_that_is_deleted_while_its_model_is_throttled_ends_without_a_summary(
    stack: RunningStack, faults: Faults
) -> None:
    key = "inbox/local/deleted-meanwhile.txt"
    faults.add("throttle", operation="Converse")
    drop(stack, key, TEXT.format(n="gone").encode())
    wait_for(lambda: any(faults.hits()), what="the model to be asked")
    stack.client("s3").delete_object(Bucket=stack.outputs["DocumentsBucketName"], Key=key)
    found = wait_for(
        lambda: next((item for item in documents(stack) if item["key"] == key and item["state"] == "DELETED"), None),
        what="the document to be deleted",
    )
    faults.clear()
    quiet(stack)
    assert call(stack.api_url, "GET", f"/documents/{found['document_id']}", key=stack.key).json["summary"] is None
    results = stack.client("s3").list_objects_v2(
        Bucket=stack.outputs["ResultsBucketName"], Prefix="summaries/local/deleted-meanwhile"
    )
    assert "Contents" not in results
