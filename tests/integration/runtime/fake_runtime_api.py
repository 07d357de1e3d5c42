"""A small Lambda Runtime API on 127.0.0.1 that notes everything a runtime sends, trailers too."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PREFIX = "/2018-06-01/runtime/"


@dataclass
class Post:
    """One answer of the runtime; `chunks` grows while it arrives."""

    path: str
    headers: dict[str, str]
    connection: int
    chunks: list[bytes] = field(default_factory=list)
    trailers: dict[str, str] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    def json(self) -> Any:
        return json.loads(self.body)


class FakeRuntimeApi:
    """Hands out invocations in order. `hang_up_after` chunks it closes the connection, once."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.connections = 0
        self.next_status = 200
        self.hang_up_after: int | None = None
        self._invocations: queue.Queue[tuple[str, bytes, dict[str, str]] | None] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler_class())
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[FakeRuntimeApi]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._invocations.put(None)
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def invoke(self, request_id: str, event: Any, **headers: str) -> None:
        named = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 60_000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:probe",
            **{f"Lambda-Runtime-{name.replace('_', '-').title()}": value for name, value in headers.items()},
        }
        self._invocations.put((request_id, json.dumps(event).encode(), named))

    def post(self, path: str, *, ended: bool = True) -> Post:
        """Wait for the answer to `path` (`invocation/<id>/response`, `init/error`, ...)."""
        for _ in range(2000):
            for post in list(self.posts):
                if post.path == path and (post.ended.is_set() or not ended):
                    return post
            time.sleep(0.005)
        raise AssertionError(f"nothing was posted to {path}: {[post.path for post in self.posts]}")

    def _handler_class(api) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's below
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                api.connections += 1
                self.number = api.connections

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                assert self.path == PREFIX + "invocation/next"
                invocation = api._invocations.get()
                if invocation is None:
                    self.close_connection = True
                    return
                _, event, headers = invocation
                self._answer(api.next_status, event, headers)

            def do_POST(self) -> None:
                post = Post(self.path.removeprefix(PREFIX), dict(self.headers.items()), self.number)
                api.posts.append(post)
                if self.headers.get("Transfer-Encoding") != "chunked":
                    post.chunks.append(self.rfile.read(int(self.headers["Content-Length"])))
                else:
                    while size := int(self.rfile.readline(), 16):
                        post.chunks.append(self.rfile.read(size))
                        assert self.rfile.readline() == b"\r\n"
                        if len(post.chunks) == api.hang_up_after:
                            api.hang_up_after = None
                            self.close_connection = True
                            self.connection.close()
                            return
                    while (line := self.rfile.readline()) != b"\r\n":
                        name, _, value = line.decode().strip().partition(": ")
                        post.trailers[name] = value
                post.ended.set()
                self._answer(202, b'{"status":"OK"}', {})

            def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
