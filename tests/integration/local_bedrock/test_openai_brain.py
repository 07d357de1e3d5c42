"""The brain behind an OpenAI-compatible server, tried against a small one on the loopback interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.bedrock.brain import Finish, Part, Prompt, Turn
from local.bedrock.errors import BedrockError, ModelError, ServiceUnavailableError, ThrottlingError
from local.bedrock.openai_brain import OpenAiBrain


class ModelServer(ThreadingHTTPServer):
    """Answers with `status` and, when it streams, with `events`."""

    status = 200
    events: tuple[str, ...] = ()
    requests: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_GET(self) -> None:
        self._send(json.dumps({"data": [{"id": "tiny-model"}]}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append({**body, "authorization": self.headers.get("Authorization"), "path": self.path})
        if body["stream"]:
            self._send("".join(f"data: {event}\n\n" for event in self.server.events).encode())
        else:
            choice = {"message": {"content": "Hello there."}, "finish_reason": "length"}
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
