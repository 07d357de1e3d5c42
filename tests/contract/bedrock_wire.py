"""A tiny Bedrock on loopback that speaks the real wire (JSON and event streams), so that botocore itself is tested."""

from __future__ import annotations

import json
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.config import Config

STATUS = {
    "ThrottlingException": 429,
    "ServiceQuotaExceededException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ValidationException": 400,
    "ModelTimeoutException": 408,
    "ModelErrorException": 424,
    "ModelNotReadyException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}


@dataclass
class Scenario:
    """What the server does with every call. `blocks` and `events` replace what is made from `pieces`."""

    pieces: tuple[str, ...] = ("Hello", ", ", "world.")
    stop_reason: str = "end_turn"
    usage: dict[str, int] = field(default_factory=lambda: {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10})
    error: tuple[str, str] | None = None  # code and message, instead of an answer
    stream_error: tuple[str, int] | None = None  # code, after so many pieces
    cut_after: int | None = None  # the connection closes after so many pieces
    without_metadata: bool = False
    blocks: list[dict[str, Any]] | None = None
    silent: bool = False  # accepts the call and never answers
    trace: dict[str, Any] | None = None  # of a guardrail, in the answer and in the stream's metadata
    verdict: dict[str, Any] | None = None  # ApplyGuardrail's answer
    # InvokeModel: a body's answer and headers, or an error's code and message
    invoked: Callable[[dict[str, Any]], tuple[Any, Any]] | None = None


class BedrockServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scenario = scenario
        self.bodies: list[dict[str, Any]] = []
        self.model_ids: list[str] = []
        self.released = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: BedrockServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        scenario = self.server.scenario
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        self.server.model_ids.append(unquote(self.path.split("/")[2]))
        if scenario.silent:
            self.server.released.wait(20)
        elif scenario.error is not None:
            code, message = scenario.error
            self._json(STATUS.get(code, 400), {"message": message}, {"x-amzn-ErrorType": code})
        elif self.path.endswith("/apply"):
            self._json(200, scenario.verdict, {})
        elif scenario.invoked is not None:
            self._invoked(*scenario.invoked(json.loads(body)))
        elif self.path.endswith("/converse"):
            self._json(200, _answer(scenario), {})
        else:
            self._stream(scenario)

    def _invoked(self, answer: Any, headers: Any) -> None:
        if isinstance(answer, str):
            self._json(STATUS[answer], {"message": headers}, {"x-amzn-ErrorType": answer})
        else:
            self._json(200, answer, headers)

    def _json(self, status: int, value: Any, headers: dict[str, str]) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, scenario: Scenario) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for frame in _frames(scenario):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(frame), frame))
            self.wfile.flush()
        if scenario.cut_after is None:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True


def _answer(scenario: Scenario) -> dict[str, Any]:
    content = scenario.blocks or [{"text": piece} for piece in scenario.pieces]
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": scenario.stop_reason,
        "usage": scenario.usage,
        "metrics": {"latencyMs": 1},
        **_traced(scenario),
    }


def _traced(scenario: Scenario) -> dict[str, Any]:
    return {} if scenario.trace is None else {"trace": scenario.trace}


def _frames(scenario: Scenario) -> Iterator[bytes]:
    yield _event("messageStart", {"role": "assistant"})
    deltas = [{"text": piece} for piece in scenario.pieces] if scenario.blocks is None else scenario.blocks
    for number, delta in enumerate([*deltas, None]):
        if number == scenario.cut_after:
            return
        if scenario.stream_error is not None and number == scenario.stream_error[1]:
            yield _exception(scenario.stream_error[0], {"message": "something went wrong"})
            return
        if delta is not None:
            yield _event("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta})
    yield _event("contentBlockStop", {"contentBlockIndex": 0})
    yield _event("messageStop", {"stopReason": scenario.stop_reason})
    if not scenario.without_metadata:
        yield _event("metadata", {"usage": scenario.usage, "metrics": {"latencyMs": 1}, **_traced(scenario)})


def _event(name: str, payload: dict[str, Any]) -> bytes:
    return _frame({":message-type": "event", ":event-type": name, ":content-type": "application/json"}, payload)


def _exception(name: str, payload: dict[str, Any]) -> bytes:
    return _frame({":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}, payload)


def _frame(headers: dict[str, str], payload: dict[str, Any]) -> bytes:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html describes the same framing."""
    head = b"".join(
        struct.pack("!B", len(name)) + name.encode() + b"\x07" + struct.pack("!H", len(text)) + text.encode()
        for name, text in headers.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(head) + len(body), len(head))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    message = prelude + head + body
    return message + struct.pack("!I", zlib.crc32(message))


@contextmanager
def bedrock(scenario: Scenario, *, read_timeout: float = 20) -> Iterator[tuple[Any, BedrockServer]]:
    """A boto3 bedrock-runtime client of a server that plays `scenario`, and the server."""
    server = BedrockServer(scenario)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield client_of(f"http://127.0.0.1:{server.server_port}", read_timeout=read_timeout), server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()


def client_of(url: str, *, read_timeout: float = 20) -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=2, read_timeout=read_timeout
        ),
    )
