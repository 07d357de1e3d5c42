"""Calls under faults, as boto3 sees them: error codes, silence, slow and cut streams."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EventStreamError, ReadTimeoutError

MODEL = "amazon.nova-lite-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "Say something about the sea, the wind and the sky at night."}]}]
CONVERSE: dict[str, Any] = {"modelId": MODEL, "messages": MESSAGES}
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:none"
NOWHERE: dict[str, Any] = {"knowledgeBaseId": "ABCDEFGHIJ", "retrievalQuery": {"text": "the sea"}}
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "bedrock-agent": ("list_knowledge_bases", {}),
    "bedrock-agent-runtime": ("retrieve", NOWHERE),
    "bedrock-runtime": ("converse", CONVERSE),
    "dynamodb": ("list_tables", {}),
    "events": ("list_rules", {}),
    "lambda": ("list_functions", {}),
    "s3": ("list_buckets", {}),
    "sns": ("list_topics", {}),
    "sqs": ("list_queues", {}),
    "stepfunctions": ("describe_state_machine", {"stateMachineArn": MACHINE}),
}


def pieces(stream: Any, into: list[str]) -> None:
    for event in stream:
        if "contentBlockDelta" in event:
            into.append(event["contentBlockDelta"]["delta"]["text"])


@pytest.mark.parametrize(
    ("kind", "service", "code", "status"),
    [
        ("throttle", "bedrock-runtime", "ThrottlingException", 429),
        ("throttle", "bedrock-agent", "ThrottlingException", 429),
        ("throttle", "bedrock-agent-runtime", "ThrottlingException", 429),
        ("throttle", "dynamodb", "ProvisionedThroughputExceededException", 400),
        ("throttle", "lambda", "TooManyRequestsException", 429),
        ("throttle", "s3", "SlowDown", 503),
        ("throttle", "sns", "ThrottlingException", 400),
        ("throttle", "sqs", "RequestThrottled", 400),
        ("throttle", "stepfunctions", "ThrottlingException", 400),
        ("server_error", "bedrock-runtime", "InternalServerException", 500),
        ("server_error", "dynamodb", "InternalServerError", 500),
        ("server_error", "events", "InternalException", 500),
        ("server_error", "lambda", "ServiceException", 500),
        ("server_error", "s3", "InternalError", 500),
        ("server_error", "stepfunctions", "InternalFailure", 500),
    ],
)
def test_each_service_fails_in_its_own_words(add, client, kind: str, service: str, code: str, status: int) -> None:
    add(kind, service=service)
    method, parameters = CALLS[service]
    with pytest.raises(ClientError) as raised:
        getattr(client(service), method)(**parameters)
    answer = raised.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert "injected by fault" in answer["Error"]["Message"]


def test_code_and_status_can_be_chosen(add, client) -> None:
    add("server_error", params={"code": "ServiceUnavailableException", "status": 503})
    with pytest.raises(ClientError, match="ServiceUnavailableException"):
        client("bedrock-runtime").converse(**CONVERSE)


def test_a_refused_upload_is_answered_and_stores_nothing(add, client, unique: str) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=unique)
    add("throttle", service="s3", operation="PutObject", count=1)
    with pytest.raises(ClientError, match="SlowDown"):
        s3.put_object(Bucket=unique, Key="big", Body=b"x" * 3_000_000)
    assert s3.list_objects_v2(Bucket=unique)["KeyCount"] == 0
    s3.put_object(Bucket=unique, Key="big", Body=b"x" * 3_000_000)


def test_other_operations_are_left_alone(add, client) -> None:
    add("throttle", operation="ConverseStream")
    assert client("bedrock-runtime").converse(**CONVERSE)["stopReason"] == "end_turn"
    assert "TableNames" in client("dynamodb").list_tables()


def test_silence_lasts_until_the_client_gives_up(add, client, faults) -> None:
    add("timeout", operation="Converse")
    with pytest.raises(ReadTimeoutError):
        client("bedrock-runtime", read_timeout=0.2).converse(**CONVERSE)


def test_silence_can_end_in_a_closed_connection(add, client) -> None:
    add("timeout", params={"ms": 30})
    with pytest.raises(ConnectionClosedError):
        client("bedrock-runtime").converse(**CONVERSE)


def test_an_answer_can_be_lost_after_the_work_was_done(add, client, unique: str) -> None:
    s3 = client("s3")
    add("timeout", service="s3", operation="CreateBucket", params={"ms": 1, "when": "after"})
    with pytest.raises(ConnectionClosedError):
        s3.create_bucket(Bucket=unique)
    assert unique in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_a_slow_first_token_is_waited_for_or_not(add, client) -> None:
    add("slow_first_token", operation="ConverseStream", params={"ms": 600})
    with pytest.raises(ReadTimeoutError):
        client("bedrock-runtime", read_timeout=0.1).converse_stream(**CONVERSE)
    arrived: list[str] = []
    pieces(client("bedrock-runtime").converse_stream(**CONVERSE)["stream"], arrived)
    assert arrived


def test_slow_pieces_hold_up_a_stream_that_has_begun(add, client) -> None:
    add("slow_piece", params={"ms": 600})
    stream = client("bedrock-runtime", read_timeout=0.2).converse_stream(**CONVERSE)["stream"]
    with pytest.raises(Exception, match="timed out"):
        pieces(stream, [])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_stream_breaks_off_after_its_pieces(add, client, count: int) -> None:
    add("stream_cut", params={"pieces": count})
    arrived: list[str] = []
    with pytest.raises(Exception, match="ended prematurely"):
        pieces(client("bedrock-runtime").converse_stream(**CONVERSE)["stream"], arrived)
    assert len(arrived) == count


def test_a_stream_can_end_in_an_exception(add, client) -> None:
    add("stream_cut", params={"pieces": 2, "how": "exception", "code": "ThrottlingException"})
    arrived: list[str] = []
    with pytest.raises(EventStreamError) as raised:
        pieces(client("bedrock-runtime").converse_stream(**CONVERSE)["stream"], arrived)
    assert raised.value.response["Error"]["Code"] == "throttlingException"
    assert len(arrived) == 2


def test_a_cut_leaves_errors_as_they_are(add, client) -> None:
    add("stream_cut")
    with pytest.raises(ClientError, match="ValidationException"):
        client("bedrock-runtime").converse_stream(modelId=MODEL, messages=[{"role": "assistant", "content": []}])


def test_two_rules_act_on_one_call(add, client, faults) -> None:
    add("slow_piece", params={"ms": 1})
    add("stream_cut", params={"pieces": 1})
    arrived: list[str] = []
    with pytest.raises(Exception, match="ended prematurely"):
        pieces(client("bedrock-runtime").converse_stream(**CONVERSE)["stream"], arrived)
    assert [rule.injected for rule in faults.standing()] == [1, 1]


def test_the_same_seed_hits_the_same_calls(add, client, faults) -> None:
    def outcomes() -> list[bool]:
        faults.clear()
        add("throttle", operation="Converse", rate=0.5, seed=11)
        return [hit() for _ in range(12)]

    def hit() -> bool:
        try:
            client("bedrock-runtime").converse(**CONVERSE)
        except ClientError:
            return True
        return False

    first = outcomes()
    assert first == outcomes() and len(set(first)) == 2
