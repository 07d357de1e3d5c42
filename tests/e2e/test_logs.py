"""No content in logs: random markers go through every door of the stack, and no log line has one."""

from __future__ import annotations

import json
import secrets

import pytest

from tests.e2e.api import call, wait_for
from tests.e2e.clients import add_key
from tests.e2e.conftest import RunningStack


@pytest.fixture(scope="module")
def marker() -> str:
    return f"wombat{secrets.token_hex(8)}"


@pytest.fixture(scope="module")
def log_of_a_day(stack: RunningStack, marker: str) -> str:
    """What the functions logged while the marker was asked, answered, refused, renamed, dropped and summarized."""
    tenant = f"logs-{secrets.token_hex(4)}"
    key = add_key(stack, tenant=tenant, client=f"web-{marker[-6:]}")
    ids = [*converse(stack, key, marker), *mistakes(stack, key, marker)]
    drop_documents(stack, key, tenant, marker)
    wait_for(lambda: all(each in stack.log.read_text() for each in ids), what="the lines of all requests")
    text = stack.log.read_text()
    assert key not in text
    return text


def converse(stack: RunningStack, key: str, marker: str) -> list[str]:
    told = f"My name is Ada and I am building a telescope called {marker} near Lisbon."
    message = {"message": told, "system": f"Never forget {marker}."}
    first = call(stack.api_url, "POST", "/chat", message, key=key)
    assert first.status == 200 and marker in first.text, "the marker must have come through for the test to mean much"
    conversation = first.json["conversation_id"]
    follow = {"message": f"What is my telescope called? Not {marker}?", "conversation_id": conversation}
    answers = [
        first,
        call(stack.api_url, "POST", "/chat/stream", follow, key=key),
        call(stack.api_url, "PATCH", f"/conversations/{conversation}", {"title": f"About {marker}"}, key=key),
        call(stack.api_url, "GET", f"/conversations/{conversation}", key=key),
        call(stack.api_url, "GET", "/conversations", key=key),
        call(stack.api_url, "DELETE", f"/conversations/{conversation}", key=key),
    ]
    assert [answer.status for answer in answers] == [200, 200, 200, 200, 200, 204]
    return [answer.headers["x-request-id"] for answer in answers]


def mistakes(stack: RunningStack, key: str, marker: str) -> list[str]:
    """Whatever a caller gets wrong, its words are not for the log either."""
    answers = [
        call(stack.api_url, "POST", "/chat", f'{{"message": "{marker}'.encode(), key=key),
        call(stack.api_url, "POST", "/chat", {"message": marker, marker: 1}, key=key),
        call(stack.api_url, "POST", "/chat", {"message": "Hello", "model": marker}, key=key),
        call(stack.api_url, "POST", "/chat", {"message": "Hello", "conversation_id": marker}, key=key),
        call(stack.api_url, "POST", "/chat", {"message": f"{marker} " * 100_000}, key=key),
        call(stack.api_url, "GET", f"/documents?state={marker}", key=key),
        call(stack.api_url, "GET", f"/documents?prefix={marker}&since={marker}", key=key),
        call(
            stack.api_url, "POST", "/documents", {"name": f"{marker}.exe", "size": 1, "content_type": marker}, key=key
        ),
        call(stack.api_url, "GET", f"/conversations?cursor={marker}", key=key),
    ]
    assert {answer.status for answer in answers} <= {400, 404, 413}, [answer.text[:200] for answer in answers]
    return [answer.headers["x-request-id"] for answer in answers]


def drop_documents(stack: RunningStack, key: str, tenant: str, marker: str) -> None:
    """One that is summarized, and one whose bytes are no PDF: the reader's own complaint must not quote them."""
    bucket = stack.outputs["DocumentsBucketName"]
    good = f"The {marker} was seen near the weir. The {marker} eats at night. Nobody has counted the {marker} yet."
    for name, body in (("good.txt", good.encode()), ("bad.pdf", f"%PDF-1.7\n{marker} not really".encode())):
        stack.client("s3").put_object(Bucket=bucket, Key=f"inbox/{tenant}/{name}", Body=body)

    def ended() -> bool:
        items = call(stack.api_url, "GET", "/documents", key=key).json["items"]
        return {item["state"] for item in items} == {"SUMMARIZED", "FAILED"}

    wait_for(ended, what="both documents to end")


def test_no_log_line_holds_what_people_or_models_wrote(log_of_a_day: str, marker: str) -> None:
    assert not [line for line in log_of_a_day.splitlines() if marker in line]


def test_every_function_wrote_its_lines(log_of_a_day: str) -> None:
    """A log without lines would hold no marker either."""
    for function in ("ChatTurn", "ChatConversations", "DocumentsRead", "SummariesPrepare", "SummariesInfer"):
        lines = [line for line in log_of_a_day.splitlines() if line.startswith(f"{function} | ")]
        assert lines, f"{function} logged nothing"


def test_a_requests_line_is_json_and_says_who_what_and_how_long(log_of_a_day: str) -> None:
    lines = [line.split(" | ", 1)[1] for line in log_of_a_day.splitlines() if line.startswith("ChatTurn | {")]
    entry = next(each for each in map(json.loads, lines) if each.get("status") == 200)
    assert {"request_id", "method", "resource", "status", "duration_ms", "tenant", "client"} <= set(entry)
