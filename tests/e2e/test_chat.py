"""The chat routes over HTTP, as an app developer calls them."""

from __future__ import annotations

import http.client
import json
import urllib.parse

import pytest

from tests.e2e.api import Answer, call, events
from tests.e2e.conftest import RunningStack

FACT = "My name is Ada and I am building a radio telescope called Heron near Lisbon."


def post(stack: RunningStack, path: str, body: object, **headers: str) -> Answer:
    return call(stack.api_url, "POST", path, body, key=stack.key, headers=headers)


def get(stack: RunningStack, path: str) -> Answer:
    return call(stack.api_url, "GET", path, key=stack.key)


def test_health_is_public(stack: RunningStack) -> None:
    answer = call(stack.api_url, "GET", "/health")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


def test_the_stage_is_part_of_the_path_as_on_aws(stack: RunningStack) -> None:
    assert call(stack.api_url, "GET", "/prod/health").status == 200


def test_the_second_answer_knows_the_first_turn(stack: RunningStack) -> None:
    first = post(stack, "/chat", {"message": FACT})
    assert first.status == 200, first.text
    conversation = first.json["conversation_id"]
    second = post(stack, "/chat", {"message": "What is my telescope called?", "conversation_id": conversation})
    assert second.json["conversation_id"] == conversation
    assert "Heron" in second.json["answer"]
    assert second.json["stop_reason"] == "end_turn"
    assert second.json["cost_usd"] > 0
    assert second.json["usage"]["input_tokens"] > first.json["usage"]["input_tokens"]
    assert set(second.json) == {
        "conversation_id", "answer", "model", "stop_reason", "usage", "cost_usd", "ignored_parameters",
    }  # fmt: skip


def test_without_the_first_turn_it_does_not_know(stack: RunningStack) -> None:
    assert "Heron" not in post(stack, "/chat", {"message": "What is my telescope called?"}).json["answer"]


def test_a_stream_arrives_in_pieces_and_is_remembered(stack: RunningStack) -> None:
    answer = post(stack, "/chat/stream", {"message": FACT})
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = events(answer.text)
    names = [name for name, _ in found]
    assert names[0] == "start" and names[-1] == "done" and set(names[1:-1]) == {"delta"}
    assert names.count("delta") > 1
    done = found[-1][1]
    assert "answer" not in done and done["cost_usd"] > 0
    text = "".join(data["text"] for name, data in found if name == "delta")
    stored = get(stack, f"/conversations/{done['conversation_id']}").json
    assert [message["role"] for message in stored["items"]] == ["user", "assistant"]
    assert stored["items"][1]["text"] == text


def test_the_first_piece_is_there_before_the_last_one_is_made(stack: RunningStack) -> None:
    """Read the socket: the first `delta` must be readable while the answer has no end yet."""
    url = urllib.parse.urlsplit(stack.api_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    long_text = " ".join(f"Sentence number {n} tells about the sea and the wind." for n in range(40))
    body = json.dumps({"message": f"Summarize in detail: <document>{long_text}</document>"})
    connection.request("POST", "/chat/stream", body, {"authorization": f"Bearer {stack.key}"})
    response = connection.getresponse()
    seen = b""
    while b"event: delta" not in seen:
        seen += response.read1(4096)
    assert b"event: done" not in seen
    assert b"event: done" in response.read()
    connection.close()


def test_what_a_model_does_not_take_is_left_out_and_said(stack: RunningStack) -> None:
    answer = post(
        stack,
        "/chat",
        {
            "message": "Hello.",
            "model": "global.anthropic.claude-sonnet-5-5",
            "parameters": {"temperature": 0.2, "max_tokens": 200},
        },
    )
    assert answer.status == 200, answer.text
    assert "temperature" in answer.json["ignored_parameters"]


def test_conversations_are_listed_renamed_and_deleted(stack: RunningStack) -> None:
    conversation = post(stack, "/chat", {"message": "A conversation to delete."}).json["conversation_id"]
    path = f"/conversations/{conversation}"
    assert conversation in [item["conversation_id"] for item in get(stack, "/conversations").json["items"]]
    renamed = call(stack.api_url, "PATCH", path, {"title": "Heron"}, key=stack.key)
    assert renamed.status == 200 and get(stack, path).json["title"] == "Heron"
    assert call(stack.api_url, "DELETE", path, key=stack.key).status == 204
    assert get(stack, path).status == 404
    assert post(stack, "/chat", {"message": "Still there?", "conversation_id": conversation}).status == 404


def test_another_subject_cannot_see_it(stack: RunningStack) -> None:
    conversation = post(stack, "/chat", {"message": FACT}, **{"x-quarry-subject": "ada"}).json["conversation_id"]
    stranger = post(stack, "/chat", {"message": "Hi", "conversation_id": conversation}, **{"x-quarry-subject": "eve"})
    assert stranger.status == 404
    owner = post(
        stack, "/chat", {"message": "Who am I?", "conversation_id": conversation}, **{"x-quarry-subject": "ada"}
    )
    assert owner.status == 200


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (b"{not json", 400, "invalid_request", None),
        (b"[]", 400, "invalid_request", ""),
        ({}, 400, "invalid_request", None),
        ({"message": 7}, 400, "invalid_request", "/message"),
        ({"message": "   "}, 400, "invalid_request", "/message"),
        ({"message": "hi", "colour": "red"}, 400, "invalid_request", None),
        ({"message": "hi", "parameters": {"temperature": 7}}, 400, "invalid_request", "/parameters/temperature"),
        ({"message": "hi", "parameters": {"max_tokens": 0}}, 400, "invalid_request", "/parameters/max_tokens"),
        ({"message": "hi", "model": "gpt-9"}, 400, "unknown_model", None),
        ({"message": "hi", "conversation_id": "not one of ours"}, 400, "invalid_request", "/conversation_id"),
        ({"message": "x" * 2_000_000}, 413, "too_large", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_bad_input_gets_a_clear_error(
    stack: RunningStack, path: str, body: object, status: int, code: str, pointer: str | None
) -> None:
    answer = post(stack, path, body)
    assert (answer.status, answer.json["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["error"]["message"] and answer.json["detail"]
    if pointer:
        assert answer.json["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer nonsense", "Basic abc", "Bearer qk_unknown_key", "qk_local"]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/chat"), ("GET", "/conversations"), ("GET", "/documents")])
def test_without_a_valid_key_nothing_runs(
    stack: RunningStack, authorization: str | None, method: str, path: str
) -> None:
    headers = {"authorization": authorization} if authorization else {}
    answer = call(stack.api_url, method, path, {"message": "hi"} if method == "POST" else None, headers=headers)
    assert answer.status == 401
    assert answer.json["code"] == "invalid_api_key"
    assert answer.headers["content-type"] == "application/problem+json"


def test_errors_and_preflight_carry_cors(stack: RunningStack) -> None:
    assert call(stack.api_url, "GET", "/documents").headers["access-control-allow-origin"] == "*"
    preflight = call(stack.api_url, "OPTIONS", "/chat", headers={"origin": "https://app.example"})
    assert preflight.status in {200, 204}
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()


def test_an_unknown_path_is_a_problem_too(stack: RunningStack) -> None:
    answer = get(stack, "/nowhere")
    assert answer.status == 404 and answer.json["code"] == "not_found"
