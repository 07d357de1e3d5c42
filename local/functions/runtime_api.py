"""The Lambda Runtime API over HTTP, one small server for each execution environment.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, cast

from local.functions.chunked_body import ChunkedBody, TruncatedBodyError
from local.functions.failures import RESPONSE_LIMIT_BYTES
from local.functions.invocation import Invocation

_PREFIX = "/2018-06-01/runtime/"
_PIECE = 64 * 1024


class Runtime(Protocol):
    """What the server needs from the execution environment whose process talks to it."""

    def next_invocation(self) -> tuple[Invocation, dict[str, str]] | None:
        """Wait for work: the invocation and its headers, or None when the environment has ended."""

    def current(self, request_id: str) -> Invocation | None:
        """The invocation being worked on, if that is its id."""

    def answered(self, invocation: Invocation, error: bytes | None) -> None:
        """The answer is complete, or failed with Lambda's JSON error object."""

    def answered_too_much(self, invocation: Invocation) -> None:
        """The buffered answer is beyond Lambda's limit."""

    def broke_off(self, invocation: Invocation) -> None:
        """The connection ended in the middle of the answer."""

    def init_failed(self, error: bytes) -> None:
        """The runtime could not load the handler."""


class RuntimeApiServer:
    """Listens on a free loopback port; `address` is host:port, as AWS_LAMBDA_RUNTIME_API wants it."""

    def __init__(self, runtime: Runtime) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.runtime = runtime
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._serve, name="runtime-api", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # closed before it began: the process could not be started
            self._server.serve_forever()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    runtime: Runtime

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the process was ended while it waited, and its end is reported elsewhere."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = _PIECE

    @property
    def _runtime(self) -> Runtime:
        return cast(_Server, self.server).runtime

    def do_GET(self) -> None:
        if self.path != f"{_PREFIX}invocation/next":
            return self._send(404, b"{}")
        work = self._runtime.next_invocation()
        if work is None:
            self.close_connection = True
            return None
        invocation, headers = work
        return self._send(200, invocation.payload, headers)

    def do_POST(self) -> None:
        parts = self.path.removeprefix(_PREFIX).split("/")
        invocation = self._runtime.current(parts[1]) if len(parts) == 3 else None
        try:
            self._take_post(parts, invocation)
        except (TruncatedBodyError, OSError):
            self.close_connection = True
            if invocation is not None:
                self._runtime.broke_off(invocation)

    def _take_post(self, parts: list[str], invocation: Invocation | None) -> None:
        if parts == ["init", "error"]:
            self._runtime.init_failed(b"".join(self._body()))
        elif invocation is None:
            for _ in self._body():
                pass
            return self._send(400, b'{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}')
        elif parts[2] == "error":
            self._runtime.answered(invocation, b"".join(self._body()))
        elif self.headers.get("Lambda-Runtime-Function-Response-Mode", "").lower() == "streaming":
            self._take_stream(invocation)
        elif not self._take_buffered(invocation):
            return self._send(413, b'{"errorType":"RequestEntityTooLarge","errorMessage":"Exceeded payload size"}')
        return self._send(202, b'{"status":"OK"}')

    def _take_buffered(self, invocation: Invocation) -> bool:
        body = bytearray()
        for piece in self._body():
            if len(body) <= RESPONSE_LIMIT_BYTES:  # what is beyond is read only so that the 413 can be heard
                body += piece
        if len(body) > RESPONSE_LIMIT_BYTES:
            self._runtime.answered_too_much(invocation)
            return False
        invocation.begin(self.headers.get("Content-Type", "application/json"), streamed=False)
        invocation.add(bytes(body))
        self._runtime.answered(invocation, None)
        return True

    def _take_stream(self, invocation: Invocation) -> None:
        invocation.begin(self.headers.get("Content-Type", "application/octet-stream"), streamed=True)
        body = ChunkedBody(self.rfile)
        for chunk in body:
            invocation.add(chunk)
        self._runtime.answered(invocation, _error_in_trailers(body.trailers))

    def _body(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            yield from ChunkedBody(self.rfile)
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left > 0:
            piece = self.rfile.read(min(left, _PIECE))
            if not piece:
                raise TruncatedBodyError
            left -= len(piece)
            yield piece

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        lines = [f"HTTP/1.1 {status} -", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        # one write, so that no half of it waits for the other half's acknowledgement
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def log_message(self, format: str, *args: Any) -> None:
        """Be silent: the log belongs to the functions."""


def _error_in_trailers(trailers: Any) -> bytes | None:
    """A failure in mid-stream stands in trailers, its body in base64.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
    """
    error_type = trailers.get("lambda-runtime-function-error-type")
    if error_type is None:
        return None
    text = trailers.get("lambda-runtime-function-error-body", "")
    for candidate in (_from_base64(text), text.encode("latin-1")):
        with contextlib.suppress(ValueError):
            json.loads(candidate)
            return candidate
    return json.dumps({"errorType": error_type, "errorMessage": text}).encode()


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
