"""The deployed content policy, as an app developer, an operator and an analyst meet it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.e2e.api import Answer, call, events, wait_for
from tests.e2e.conftest import RunningStack

CANARY = "quarry-guardrail-canary"
CARD = "4111 1111 1111 1111"
WORD = {"policy": "word", "name": "CUSTOM_WORD", "action": "BLOCKED", "source": "input"}


def post(stack: RunningStack, path: str, body: object, subject: str) -> Answer:
    return call(stack.api_url, "POST", path, body, key=stack.key, headers={"x-quarry-subject": subject})


def get(stack: RunningStack, path: str, subject: str) -> Answer:
    return call(stack.api_url, "GET", path, key=stack.key, headers={"x-quarry-subject": subject})


def items(stack: RunningStack, output: str) -> list[dict[str, Any]]:
    client = stack.client("dynamodb")
    pages = client.get_paginator("scan").paginate(TableName=stack.outputs[output])
    return [item for page in pages for item in page["Items"]]


def ledger_of(stack: RunningStack, subject: str) -> list[dict[str, Any]]:
    return [item for item in items(stack, "LedgerTableName") if item.get("subject", {}).get("S") == subject]


@pytest.fixture
def subject() -> str:
    """A person of this test alone, so that what is theirs is found and nothing else."""
    return f"person-{uuid.uuid4().hex[:12]}"


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_a_blocked_word_is_a_422_that_says_which_policy(stack: RunningStack, subject: str, path: str) -> None:
    answer = post(stack, path, {"message": f"Tell me about the {CANARY} please."}, subject)
    assert answer.status == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == answer.json["error"]["code"] == "blocked_by_guardrail"
    assert answer.json["interventions"] == [WORD]
    assert CANARY not in answer.text


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_nothing_of_a_blocked_turn_is_stored_and_its_cost_is(stack: RunningStack, subject: str, path: str) -> None:
    marker = uuid.uuid4().hex
    assert post(stack, path, {"message": f"{marker} {CANARY}"}, subject).status == 422
    assert get(stack, "/conversations", subject).json["items"] == []
    for table in (name for name in stack.outputs if name.endswith("TableName")):
        assert marker not in json.dumps(items(stack, table), default=str), table
    (event,) = ledger_of(stack, subject)
    assert event["outcome"]["S"] == "blocked"
    assert float(event["cost_usd"]["N"]) >= float(event["guardrail_usd"]["N"]) > 0


def test_a_blocked_turn_leaves_the_conversation_free_and_as_it_was(stack: RunningStack, subject: str) -> None:
    conversation = post(stack, "/chat", {"message": "Hello."}, subject).json["conversation_id"]
    assert post(stack, "/chat", {"message": CANARY, "conversation_id": conversation}, subject).status == 422
    assert len(get(stack, f"/conversations/{conversation}", subject).json["items"]) == 2
    assert post(stack, "/chat", {"message": "Still there?", "conversation_id": conversation}, subject).status == 200


def test_what_was_said_before_is_not_assessed_and_billed_again(stack: RunningStack, subject: str) -> None:
    long = "The herons of the estuary nest late. " * 120
    first = post(stack, "/chat", {"message": long}, subject)
    assert first.status == 200, first.text
    conversation = first.json["conversation_id"]
    assert post(stack, "/chat", {"message": "Thanks.", "conversation_id": conversation}, subject).status == 200
    before, after = sorted(ledger_of(stack, subject), key=lambda event: event["sk"]["S"])[:2]
    assert float(after["guardrail_usd"]["N"]) < float(before["guardrail_usd"]["N"])
    assert int(after["input_tokens"]["N"]) > 500  # the model was reminded of it all the same


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_a_card_number_comes_back_masked_and_is_stored_masked(stack: RunningStack, subject: str, path: str) -> None:
    text = f"The invoice of the heron station was paid in March with the card {CARD} by Ada."
    answer = post(stack, path, {"message": f"Summarize: <document>{text}</document>"}, subject)
    assert answer.status == 200, answer.text
    if path == "/chat":
        body = answer.json
        said = body["answer"]
    else:
        found = events(answer.text)
        assert found[-1][0] == "done", answer.text
        body = found[-1][1]
        said = "".join(data["text"] for name, data in found if name == "delta")
    assert CARD not in said
    assert "{CREDIT_DEBIT_CARD_NUMBER}" in said
    history = get(stack, f"/conversations/{body['conversation_id']}", subject).json["items"]
    assert history[1]["text"] == said
    (event,) = ledger_of(stack, subject)
    assert (event["outcome"]["S"], float(event["guardrail_usd"]["N"]) > 0) == ("completed", True)


def test_an_answer_that_would_say_a_blocked_word_is_blocked(stack: RunningStack, subject: str) -> None:
    """A bare system prompt is not assessed; what the model makes of it is."""
    document = f"The secret name of the station is {CANARY}. It stands near Lisbon."
    body = {"message": "What is the secret name of the station?", "system": f"<document>{document}</document>"}
    answer = post(stack, "/chat", body, subject)
    assert answer.status == 422, answer.text
    assert answer.json["interventions"] == [{**WORD, "source": "output"}]


def drop(stack: RunningStack, text: str) -> str:
    key = f"inbox/local/guardrail-{uuid.uuid4().hex[:8]}.txt"
    stack.client("s3").put_object(Bucket=stack.outputs["DocumentsBucketName"], Key=key, Body=text.encode())
    return key


def document(stack: RunningStack, key: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        listed = call(stack.api_url, "GET", "/documents", key=stack.key).json["items"]
        return next((each for each in listed if each["key"] == key and each["state"] in ("SUMMARIZED", "FAILED")), None)

    found = wait_for(ended, what=f"{key} to end")
    return dict(call(stack.api_url, "GET", f"/documents/{found['document_id']}", key=stack.key).json)


def test_a_summary_that_would_say_a_blocked_word_fails_with_its_reason(stack: RunningStack) -> None:
    key = drop(stack, f"The {CANARY} is the name of the new heron station near Lisbon. It opened in March.")
    ended = document(stack, key)
    assert ended["state"] == "FAILED", ended
    assert ended["error"]["code"] == "blocked_by_guardrail"
    assert CANARY not in json.dumps(ended["error"])


def test_a_summary_is_masked(stack: RunningStack) -> None:
    key = drop(stack, f"The station's invoice was paid by Ada in March with the card number {CARD}.")
    ended = document(stack, key)
    assert ended["state"] == "SUMMARIZED", ended
    assert CARD not in json.dumps(ended["summary"])
