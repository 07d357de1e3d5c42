"""What a conversation remembers, and that it forgets all of it when it is told to."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.e2e.api import Answer, call, wait_for
from tests.e2e.conftest import RunningStack

FACT = "My name is Ada and I am building a radio telescope called Heron near Lisbon."


def say(stack: RunningStack, message: str, conversation_id: str | None = None) -> Answer:
    body = {"message": message, **({"conversation_id": conversation_id} if conversation_id else {})}
    answer = call(stack.api_url, "POST", "/chat", body, key=stack.key)
    assert answer.status == 200, answer.text
    return answer


def get(stack: RunningStack, conversation_id: str) -> Answer:
    return call(stack.api_url, "GET", f"/conversations/{conversation_id}", key=stack.key)


def crates(shipment: int) -> str:
    """About 7 KB that have nothing to do with anything."""
    return " ".join(f"Crate {shipment}-{n} holds {n} brushes and leaves the harbour on day {n}." for n in range(120))


def header(stack: RunningStack, conversation_id: str) -> dict[str, Any]:
    (item,) = [each for each in rows(stack) if each["sk"]["S"] == f"conversation#{conversation_id}"]
    return dict(item)


def rows(stack: RunningStack) -> list[Any]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs["ConversationsTableName"])
    return [item for page in pages for item in page["Items"]]


def objects(stack: RunningStack) -> dict[str, bytes]:
    """Every version of every object below the prefix of conversations."""
    s3, bucket = stack.client("s3"), stack.outputs["ResultsBucketName"]
    found: dict[str, bytes] = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="conversations/"):
        for each in page.get("Versions", []):
            body = s3.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])["Body"].read()
            found[f"{each['Key']} {each['VersionId']}"] = body
        for each in page.get("DeleteMarkers", []):
            found[f"{each['Key']} {each['VersionId']}"] = b""
    return found


def test_a_message_of_100_kb_survives_the_round_trip(stack: RunningStack) -> None:
    message = "Summarize this: " + "Ein Satz über Öl und Wasser. " * 3_400
    conversation_id = say(stack, message).json["conversation_id"]
    assert get(stack, conversation_id).json["items"][0]["text"] == message
    assert any(conversation_id in key and body.decode() == message for key, body in objects(stack).items())
    assert say(stack, "Thank you.", conversation_id).json["conversation_id"] == conversation_id


def test_a_fact_from_beyond_the_window_is_still_known(stack: RunningStack) -> None:
    conversation_id = say(stack, FACT).json["conversation_id"]
    for shipment in range(5):
        say(stack, crates(shipment), conversation_id)
    wait_for(lambda: "memory" in header(stack, conversation_id), what="the summary")
    assert "Heron" in header(stack, conversation_id)["memory"]["S"]
    answer = say(stack, "What is my telescope called?", conversation_id).json
    assert "Heron" in answer["answer"]
    items = get(stack, conversation_id).json["items"]
    whole = sum(len(item["text"]) for item in items)
    assert answer["usage"]["input_tokens"] < whole / 4  # the first turn was not sent again: not all of it can have been


def test_a_deleted_conversation_leaves_nothing_behind(stack: RunningStack) -> None:
    marker = f"heron-{uuid.uuid4().hex}"
    conversation_id = say(stack, f"My telescope is called {marker}. " + "Ein Satz über Öl. " * 6_000).json[
        "conversation_id"
    ]
    for shipment in range(3):
        say(stack, crates(shipment), conversation_id)
    wait_for(lambda: "memory" in header(stack, conversation_id), what="the summary")
    assert any(marker.encode() in body for body in objects(stack).values())
    assert marker in json.dumps(rows(stack), default=str)

    assert call(stack.api_url, "DELETE", f"/conversations/{conversation_id}", key=stack.key).status == 204

    assert get(stack, conversation_id).status == 404
    left = json.dumps(rows(stack), default=str)
    assert marker not in left and conversation_id not in left
    for key, body in objects(stack).items():
        assert marker.encode() not in body and conversation_id not in key
