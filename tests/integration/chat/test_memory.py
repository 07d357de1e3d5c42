"""Long messages, the rolling summary and DELETE, through both handlers, on DynamoDB and S3 together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from lambdas.chat import conversations_handler, turn_handler
from lambdas.shared.domain.chat_model import ChatRequest
from tests.fakes.api_gateway import BUFFERED, STREAMING, Answer, proxy_event, read_answer
from tests.fakes.models import ScriptedChatModel, model_card, small_catalog

Script = Callable[..., ScriptedChatModel]
MARKER = "quartz-heron-7319"
LONG = "A sentence of some length about nothing much. " * 30


@pytest.fixture(autouse=True)
def empty_bucket(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(turn_handler, "load_catalog", lambda models: small_catalog(model_card(context_tokens=200_000)))
    yield
    for key, version in versions():
        boto3.client("s3").delete_object(Bucket="results", Key=key, VersionId=version)


def say(message: str, conversation_id: str | None = None, *, route: str = "/chat", context: Any = STREAMING) -> Answer:
    """One turn, and what the streaming loop does after its last byte."""
    body = {"message": message, **({"conversation_id": conversation_id} if conversation_id else {})}
    result = turn_handler.handler(proxy_event("POST", route, body), context)
    answer = read_answer(result)
    if context is STREAMING:
        result.close()
    return answer


def call(method: str, conversation_id: str) -> Answer:
    made = proxy_event(method, "/conversations/{id}", path={"id": conversation_id})
    return read_answer(conversations_handler.handler(made, BUFFERED))


def versions() -> list[tuple[str, str]]:
    answer = boto3.client("s3").list_object_versions(Bucket="results")
    return [(each["Key"], each["VersionId"]) for kind in ("Versions", "DeleteMarkers") for each in answer.get(kind, [])]


def everything(dynamodb: Any) -> str:
    """All that is stored, in every table and in every version of every object, as one text."""
    found = [json.dumps(dynamodb.scan(TableName=table)["Items"], default=str) for table in ("conversations", "ledger")]
    for key, version in versions():
        body = boto3.client("s3").get_object(Bucket="results", Key=key, VersionId=version)["Body"].read()
        found.append(f"{key} {body.decode()}")
    return "\n".join(found)


def scripted(request: ChatRequest) -> str:
    """Notes for a summary; answers that repeat what the user said."""
    if (request.system or "").startswith("You keep the notes"):
        return f"The user's telescope is called {MARKER}." if MARKER in request.messages[0].text else "Small talk."
    return f"You said: {request.messages[-1].text}"


def events(dynamodb: Any, operation: str) -> int:
    return sum(item["operation"]["S"] == operation for item in dynamodb.scan(TableName="ledger")["Items"])


def talk(conversation_id: str, turns: int) -> None:
    for _ in range(turns):
        assert say(LONG, conversation_id).status == 200


@pytest.mark.parametrize("route", ["/chat", "/chat/stream"])
def test_a_message_of_100_kb_and_its_answer_come_back(answering: Script, route: str) -> None:
    answering(scripted)
    message = f"{MARKER} " + "ü" * 50_000
    answer = say(message, route=route)
    conversation_id = answer.json()["conversation_id"] if route == "/chat" else answer.events()[0][1]["conversation_id"]
    question, reply = call("GET", conversation_id).json()["items"]
    assert question["text"] == message
    assert reply["text"] == f"You said: {message}"
    assert len(versions()) == 2


def test_what_left_the_window_is_told_as_notes(answering: Script, dynamodb: Any) -> None:
    model = answering(scripted)
    conversation_id = say(f"My telescope is called {MARKER}.").json()["conversation_id"]
    talk(conversation_id, 3)
    last = say("What is it called?", conversation_id)
    assert last.status == 200
    request = next(each for each in reversed(model.requests) if each.messages[-1].text == "What is it called?")
    assert f"<history>\nThe user's telescope is called {MARKER}.\n</history>" in (request.system or "")
    assert not any(MARKER in message.text for message in request.messages)
    assert 1 <= events(dynamodb, "chat.memory") <= 3


def test_the_summary_is_made_after_the_last_byte(answering: Script, dynamodb: Any) -> None:
    answering(scripted)
    conversation_id = say(LONG).json()["conversation_id"]
    result = turn_handler.handler(
        proxy_event("POST", "/chat", {"message": LONG * 9, "conversation_id": conversation_id}), STREAMING
    )
    assert read_answer(result).status == 200
    before = events(dynamodb, "chat.memory")
    result.close()
    assert events(dynamodb, "chat.memory") == before + 1


def test_a_failing_summary_fails_nothing_else(answering: Script, dynamodb: Any) -> None:
    def fail(request: ChatRequest) -> str:
        if (request.system or "").startswith("You keep the notes"):
            raise RuntimeError("no notes today")
        return "Fine."

    answering(fail)
    conversation_id = say(f"{MARKER} {LONG * 9}").json()["conversation_id"]
    talk(conversation_id, 3)
    assert call("GET", conversation_id).json()["message_count"] == 8


def test_buffered_answers_get_no_work_behind_them(answering: Script, dynamodb: Any) -> None:
    answering(scripted)
    conversation_id = say(LONG * 9, context=BUFFERED).json()["conversation_id"]
    assert say(LONG, conversation_id, context=BUFFERED).status == 200
    assert events(dynamodb, "chat.memory") == 0


def test_with_the_setting_off_nothing_is_summarized(
    answering: Script, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMORY_SUMMARY", "off")
    answering(scripted)
    conversation_id = say(LONG * 9).json()["conversation_id"]
    talk(conversation_id, 3)
    assert events(dynamodb, "chat.memory") == 0


def test_after_delete_no_word_of_the_conversation_is_anywhere(answering: Script, dynamodb: Any) -> None:
    answering(scripted)
    conversation_id = say(f"My telescope is called {MARKER}. " + "ö" * 50_000).json()["conversation_id"]
    talk(conversation_id, 3)
    other = say("Another conversation " + "ö" * 50_000).json()["conversation_id"]
    key = next(key for key, _ in versions() if conversation_id in key)
    boto3.client("s3").put_object(Bucket="results", Key=key, Body=MARKER.encode())  # an older version stays below
    boto3.client("s3").put_object(Bucket="results", Key=f"{key}-orphan", Body=MARKER.encode())
    header = dynamodb.get_item(
        TableName="conversations", Key={"pk": {"S": "acme#shop#shop"}, "sk": {"S": f"conversation#{conversation_id}"}}
    )["Item"]
    assert MARKER in header["memory"]["S"]
    assert everything(dynamodb).count(MARKER) > 4

    assert call("DELETE", conversation_id).status == 204

    left = everything(dynamodb)
    assert MARKER not in left
    rows = [item for item in dynamodb.scan(TableName="conversations")["Items"] if conversation_id in str(item)]
    assert rows == [] and not any(conversation_id in key for key, _ in versions())
    assert call("GET", conversation_id).status == 404
    assert call("GET", other).json()["message_count"] == 2
    assert len(versions()) == 2


def test_a_delete_that_broke_off_is_finished_by_the_next_one(
    answering: Script, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(scripted)
    conversation_id = say(f"{MARKER} " + "ö" * 50_000).json()["conversation_id"]
    service = conversations_handler.build_service()
    texts = service._store._texts  # type: ignore[attr-defined]
    with monkeypatch.context() as broken:
        broken.setattr(type(texts), "erase", lambda *arguments: (_ for _ in ()).throw(TimeoutError))
        assert call("DELETE", conversation_id).status == 500
    assert call("GET", conversation_id).status == 200
    row = {"pk": {"S": "acme#shop#shop"}, "sk": {"S": f"conversation#{conversation_id}"}}
    dynamodb.update_item(TableName="conversations", Key=row, UpdateExpression="REMOVE lease_until, lease_token")
    assert call("DELETE", conversation_id).status == 204
    assert MARKER not in everything(dynamodb)
