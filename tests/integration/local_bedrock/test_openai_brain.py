"""The brain behind an OpenAI-compatible server, tried against a small one on the loopback interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.bedrock.brain import Finish, Part, Prompt, Tool, ToolCall, ToolInput, ToolStart, Turn
from local.bedrock.errors import BedrockError, ModelError, ServiceUnavailableError, ThrottlingError
from local.bedrock.guardrails.directory import GuardrailDirectory
from local.bedrock.model_directory import ModelDirectory
from local.bedrock.ollama_offer import ollama_offer
from local.bedrock.openai_brain import OpenAiBrain
from local.bedrock.runtime_api import RuntimeApi


class ModelServer(ThreadingHTTPServer):
    """Answers with `status` and, when it streams, with `events`."""

    status = 200
    events: tuple[str, ...] = ()
    choice: dict[str, Any] | None = None
    requests: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_GET(self) -> None:
        if self.path == "/api/tags":
            self._send(json.dumps({"models": [{"name": "qwen3:4b"}]}).encode())
            return
        self._send(json.dumps({"data": [{"id": "tiny-model"}]}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append({**body, "authorization": self.headers.get("Authorization"), "path": self.path})
        if body["stream"]:
            self._send("".join(f"data: {event}\n\n" for event in self.server.events).encode())
        else:
            choice = self.server.choice or {"message": {"content": "Hello there."}, "finish_reason": "length"}
            self._send(json.dumps({"choices": [choice]}).encode())

    def _send(self, data: bytes) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(("127.0.0.1", 0), Handler) as running:
        running.requests = []
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def brain_of(server: ModelServer, **more: str) -> OpenAiBrain:
    return OpenAiBrain(url=f"http://127.0.0.1:{server.server_address[1]}/v1", **more)


def delta(text: str | None, finish: str | None = None) -> str:
    return json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": finish}]})


PROMPT = Prompt(
    model_id="amazon.nova-lite-v1:0",
    system="Be kind.",
    turns=(Turn("user", (Part("Summarize."), Part("Tea is green.", material=True))),),
    max_tokens=9,
    temperature=0.5,
    stop_sequences=("END",),
    schema={"type": "object"},
)


def test_a_whole_answer(server: ModelServer) -> None:
    answer = list(brain_of(server, api_key="secret").answer(PROMPT, streamed=False))
    assert answer == ["Hello there.", Finish("max_tokens")]
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["model"] == "tiny-model"
    assert request["authorization"] == "Bearer secret"
    assert request["messages"][0] == {"role": "system", "content": "Be kind."}
    assert "<document>\nTea is green.\n</document>" in request["messages"][1]["content"]
    assert (request["max_tokens"], request["temperature"], request["stop"]) == (9, 0.5, ["END"])
    assert request["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_a_streamed_answer(server: ModelServer) -> None:
    server.events = (delta("Hel"), delta("lo"), delta(None, "stop"), json.dumps({"choices": [], "usage": {}}), "[DONE]")
    assert list(brain_of(server, model="m").answer(PROMPT, streamed=True)) == ["Hel", "lo", Finish("end_turn")]


def test_a_stream_that_breaks_off(server: ModelServer) -> None:
    server.events = (delta("Hel"),)
    pieces = brain_of(server, model="m").answer(PROMPT, streamed=True)
    assert next(pieces) == "Hel"
    with pytest.raises(ModelError, match="broke off"):
        next(pieces)


@pytest.mark.parametrize(
    ("status", "error"), [(429, ThrottlingError), (503, ServiceUnavailableError), (404, ModelError), (400, ModelError)]
)
def test_refusals_are_told_apart(server: ModelServer, status: int, error: type[BedrockError]) -> None:
    server.status = status
    with pytest.raises(error, match=str(status)):
        list(brain_of(server, model="m").answer(PROMPT, streamed=False))


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(ServiceUnavailableError, match="Nothing answers behind LOCAL_MODEL_URL"):
        list(OpenAiBrain(url="http://127.0.0.1:9", model="m").answer(PROMPT, streamed=True))


def test_an_error_within_the_stream(server: ModelServer) -> None:
    server.events = (json.dumps({"error": {"message": "out of memory"}}),)
    with pytest.raises(ModelError, match="out of memory"):
        list(brain_of(server, model="m").answer(PROMPT, streamed=True))


def test_vectors_are_local(server: ModelServer) -> None:
    brain = brain_of(server, model="m")
    assert brain.embed(["a", "b"]).shape == (2, 256)
    assert brain.count_tokens("two words") >= 2


WEATHER = Tool("get_weather", "The weather of a place", {"type": "object", "properties": {"place": {"type": "string"}}})
ASKED = ToolCall("t1", "get_weather", '{"place": "Lisbon"}')
CALL = {"id": "call-1", "type": "function", "function": {"name": "get_weather", "arguments": '{"place": "Porto"}'}}


def calling(index: int, **piece: Any) -> str:
    identity = {"id": piece.pop("id")} if "id" in piece else {}
    delta = {"tool_calls": [{"index": index, **identity, "function": piece}]}
    return json.dumps({"choices": [{"delta": delta, "finish_reason": None}]})


def test_tools_and_their_results_go_to_the_model(server: ModelServer) -> None:
    turns = (
        Turn("user", (Part("Weather in Lisbon?"),)),
        Turn("assistant", (Part("I look."), Part("", call=ASKED))),
        Turn("user", (Part("Sunny.", material=True, answers="t1"), Part("And Porto?"))),
    )
    prompt = Prompt(model_id="m", turns=turns, tools=(WEATHER,), tool_choice="any")
    list(brain_of(server, model="m").answer(prompt, streamed=False))
    (request,) = server.requests
    assert request["messages"] == [
        {"role": "user", "content": "Weather in Lisbon?"},
        {"role": "assistant", "content": "I look.", "tool_calls": [
            {"id": "t1", "type": "function",
             "function": {"name": "get_weather", "arguments": '{"place": "Lisbon"}'}}]},
        {"role": "tool", "tool_call_id": "t1", "content": "Sunny."},
        {"role": "user", "content": "And Porto?"},
    ]  # fmt: skip
    assert request["tools"][0]["function"]["parameters"] == WEATHER.schema
    assert request["tool_choice"] == "required"


def test_a_tool_call_comes_back(server: ModelServer) -> None:
    server.choice = {"message": {"content": None, "tool_calls": [CALL]}, "finish_reason": "stop"}
    answer = list(brain_of(server, model="m").answer(PROMPT, streamed=False))
    assert answer == ["", ToolStart("call-1", "get_weather"), ToolInput('{"place": "Porto"}'), Finish("tool_use")]


def test_streamed_calls_come_one_after_another(server: ModelServer) -> None:
    server.events = (
        delta("I look."),
        calling(0, id="a", name="get_weather", arguments=""),
        calling(0, arguments='{"place": '),
        calling(1, id="b", name="get_weather", arguments='{"place"'),
        calling(0, arguments='"Porto"}'),
        calling(1, arguments=': "Faro"}'),
        delta(None, "tool_calls"),
        "[DONE]",
    )
    first = ["I look.", ToolStart("a", "get_weather"), ToolInput('{"place": '), ToolInput('"Porto"}')]
    second = [ToolStart("b", "get_weather"), ToolInput('{"place"'), ToolInput(': "Faro"}')]
    answer = list(brain_of(server, model="m").answer(PROMPT, streamed=True))
    assert answer == [*first, *second, Finish("tool_use")]


CONVERSE = {
    "messages": [{"role": "user", "content": [{"text": "Weather in Porto?"}]}],
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": {"type": "object"}}}}],
        "toolChoice": {"tool": {"name": "get_weather"}},
    },
}


def api_of(server: ModelServer) -> RuntimeApi:
    return RuntimeApi(brain_of(server, model="m"), ModelDirectory.read(None), GuardrailDirectory(lambda _: None))


def test_converse_answers_with_tool_use(server: ModelServer) -> None:
    server.choice = {"message": {"content": "", "tool_calls": [CALL]}, "finish_reason": "tool_calls"}
    status, _, body = api_of(server).converse("amazon.nova-lite-v1:0", json.dumps(CONVERSE).encode(), {})
    assert status == 200
    assert not isinstance(body, Iterator)
    answer = json.loads(body)
    assert answer["stopReason"] == "tool_use"
    assert answer["output"]["message"]["content"] == [
        {"toolUse": {"toolUseId": "call-1", "name": "get_weather", "input": {"place": "Porto"}}}
    ]
    assert answer["usage"]["outputTokens"] > 3
    (request,) = server.requests
    assert request["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}


def test_converse_streams_tool_use(server: ModelServer) -> None:
    server.events = (
        delta("I look."),
        calling(0, id="a", name="get_weather", arguments='{"place": '),
        calling(0, arguments='"Porto"}'),
        delta(None, "tool_calls"),
        "[DONE]",
    )
    parameters = {**CONVERSE, "modelId": "amazon.nova-lite-v1:0"}
    events = list(api_of(server)._conversations.events(parameters))
    assert [next(iter(event)) for event in events] == [
        "messageStart", "contentBlockDelta", "contentBlockStop", "contentBlockStart", "contentBlockDelta",
        "contentBlockDelta", "contentBlockStop", "messageStop", "metadata",
    ]  # fmt: skip
    start = {"toolUse": {"toolUseId": "a", "name": "get_weather"}}
    assert events[3]["contentBlockStart"] == {"contentBlockIndex": 1, "start": start}
    pieces = [event["contentBlockDelta"]["delta"]["toolUse"]["input"] for event in events[4:6]]
    assert json.loads("".join(pieces)) == {"place": "Porto"}
    assert events[7]["messageStop"]["stopReason"] == "tool_use"


def test_a_listening_ollama_is_offered_and_not_used(server: ModelServer) -> None:
    port = server.server_address[1]
    offer = ollama_offer({}, port=port)
    assert offer is not None
    assert "qwen3:4b" in offer
    assert offer.endswith("export LOCAL_MODEL_URL=ollama")
    assert ollama_offer({"LOCAL_MODEL_URL": "http://127.0.0.1:1"}, port=port) is None
    assert ollama_offer({}, port=9) is None
