"""Idempotency-Key as a client with a bad connection uses it: over HTTP, retries and hung-up streams included."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.e2e.api import Answer, call, events, wait_for
from tests.e2e.conftest import RunningStack

BODY = {"message": "My name is Ada and I am building a radio telescope called Heron near Lisbon."}
LONG = {"message": "Summarize in detail: " + " ".join(f"Sentence number {n} tells about the sea." for n in range(40))}


def post(stack: RunningStack, body: object, *, key: str, path: str = "/chat", **headers: str) -> Answer:
    return call(stack.api_url, "POST", path, body, key=stack.key, headers={"idempotency-key": key, **headers})


def paid_calls(stack: RunningStack, conversation_id: str) -> int:
    found = stack.client("dynamodb").scan(
        TableName=stack.outputs["LedgerTableName"],
        FilterExpression="#reference = :id",
        ExpressionAttributeNames={"#reference": "reference"},
        ExpressionAttributeValues={":id": {"S": conversation_id}},
    )
    return int(found["Count"])


def replayed(answer: Answer) -> bool:
    return answer.headers.get("idempotency-replayed") == "true"


def new_key() -> str:
    return str(uuid4())


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_a_retry_gets_the_same_answer_and_pays_nothing(stack: RunningStack, path: str) -> None:
    key = new_key()
    first, again = (post(stack, BODY, key=key, path=path) for _ in range(2))
    assert (first.status, again.status) == (200, 200), first.text
    assert (replayed(first), replayed(again)) == (False, True)
    if path == "/chat":
        assert first.text == again.text
        conversation = first.json["conversation_id"]
    else:
        start, *deltas, done = events(first.text)
        text = "".join(data["text"] for _, data in deltas)
        assert events(again.text) == [start, ("delta", {"text": text}), done]
        conversation = done[1]["conversation_id"]
    assert paid_calls(stack, conversation) == 1
    stored = call(stack.api_url, "GET", f"/conversations/{conversation}", key=stack.key).json
    assert stored["message_count"] == 2


def test_another_body_under_the_same_key_is_refused(stack: RunningStack) -> None:
    key = new_key()
    post(stack, BODY, key=key)
    refused = post(stack, {"message": "Something else."}, key=key)
    assert (refused.status, refused.json["code"]) == (422, "idempotency_key_reused")


def test_a_refused_request_does_not_use_up_its_key(stack: RunningStack) -> None:
    key = new_key()
    assert post(stack, {"message": ""}, key=key).status == 400
    assert post(stack, BODY, key=key).status == 200


def test_many_at_once_are_one_call(stack: RunningStack) -> None:
    key = new_key()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(stack, BODY, key=key), range(8)))
    assert {answer.status for answer in answers} <= {200, 409}
    done = [answer for answer in answers if answer.status == 200]
    assert len({answer.text for answer in done}) == 1
    assert sum(not replayed(answer) for answer in done) == 1
    for busy in (answer for answer in answers if answer.status == 409):
        assert busy.json["code"] == "idempotency_in_progress"
        assert int(busy.headers["retry-after"]) >= 1
    assert paid_calls(stack, done[0].json["conversation_id"]) == 1


def test_a_stream_that_was_hung_up_on_is_there_for_the_retry(stack: RunningStack) -> None:
    key = new_key()
    url = urllib.parse.urlsplit(stack.api_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    headers = {"authorization": f"Bearer {stack.key}", "idempotency-key": key}
    connection.request("POST", "/chat/stream", json.dumps(LONG), headers)
    response = connection.getresponse()
    seen = b""
    while b"event: delta" not in seen:
        seen += response.read1(4096)
    response.close()
    connection.close()

    def retry() -> Answer | None:
        answer = post(stack, LONG, key=key, path="/chat/stream")
        assert answer.status in (200, 409), answer.text
        return answer if answer.status == 200 else None

    again = wait_for(retry, what="the turn that nobody listened to")
    assert replayed(again)
    names = [name for name, _ in events(again.text)]
    assert names == ["start", "delta", "done"]
    conversation = events(again.text)[-1][1]["conversation_id"]
    assert f'"{conversation}"'.encode() in seen
    assert paid_calls(stack, conversation) == 1
    stored = call(stack.api_url, "GET", f"/conversations/{conversation}", key=stack.key).json
    assert stored["items"][1]["interrupted"] is False


def test_two_people_may_use_the_same_key(stack: RunningStack) -> None:
    key = new_key()
    ada = post(stack, BODY, key=key, **{"x-quarry-subject": "ada"})
    eve = post(stack, {"message": "Who am I?"}, key=key, **{"x-quarry-subject": "eve"})
    assert (ada.status, eve.status, replayed(eve)) == (200, 200, False)
    assert "Heron" not in eve.text


def test_what_is_stored_names_neither_the_key_nor_its_owner(stack: RunningStack) -> None:
    key = new_key()
    post(stack, BODY, key=key, **{"x-quarry-subject": "someone@example.com"})
    items = stack.client("dynamodb").scan(TableName=stack.outputs["IdempotencyTableName"])["Items"]
    assert items
    assert key not in str(items) and "someone@example.com" not in str(items)
