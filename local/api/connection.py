"""HTTP/1.1 towards the client: reads requests, writes answers at once or piece by piece as they come."""

from __future__ import annotations

import http
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from local.api.gateway import BODY_LIMIT_BYTES, Gateway
from local.api.messages import ApiAnswer, ApiRequest, StreamBrokenError
from local.functions.chunked_body import ChunkedBody, TruncatedBodyError

_PIECE = 64 * 1024
_DRAIN_LIMIT_BYTES = 8 * BODY_LIMIT_BYTES
_BODILESS = frozenset({204, 304})


class ApiServer(ThreadingHTTPServer):
    """One thread for each connection; the threads do not hold up the end of the program."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, gateway: Gateway, log: Callable[[str], None]) -> None:
        self.gateway, self.log = gateway, log
        super().__init__(("127.0.0.1", port), ApiConnection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients hang up all the time, and the gateway logs its own errors."""


class ApiConnection(BaseHTTPRequestHandler):
    """One client connection, kept alive between requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = _PIECE
    timeout = 350.0  # longer than a stream may be idle

    def __getattr__(self, name: str) -> Any:
        # http.server looks for do_GET and the like; which methods exist is for the API's routes to say
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """Let the client keep a body to itself that would be refused."""
        return self._is_refused_unread() or super().handle_expect_100()

    def log_message(self, format: str, *args: Any) -> None:
        """Be silent: the server has one line for each request."""

    def _serve(self) -> None:
        started = time.monotonic()
        request = self._request()
        if request is None:
            return
        server = cast(ApiServer, self.server)
        answer = server.gateway.answer(request)
        try:
            outcome = self._send(request, answer)
        except OSError:
            self.close_connection = True
            outcome = ", the client hung up"
        milliseconds = (time.monotonic() - started) * 1000
        server.log(f"{request.method} {request.path} {answer.status} {milliseconds:.1f} ms{outcome}")

    def _request(self) -> ApiRequest | None:
        try:
            body, oversized = self._read_body()
        except (TruncatedBodyError, ValueError, OSError):
            self.close_connection = True
            self._write_head(400, (("Content-Length", "0"), ("Connection", "close")))
            return None
        path, _, query = self.path.partition("?")
        return ApiRequest(
            method=self.command,
            path=path if path.startswith("/") else f"/{path}",
            query=query.partition("#")[0],
            headers=tuple(self.headers.items()),
            body=body,
            oversized=oversized,
            source_ip=str(self.client_address[0]),
            protocol=self.request_version,
            port=cast(ApiServer, self.server).server_port,
        )

    def _is_refused_unread(self) -> bool:
        length = self.headers.get("Content-Length") or "0"
        expects = self.headers.get("Expect", "").lower() == "100-continue"
        return expects and length.isdigit() and int(length) > BODY_LIMIT_BYTES

    def _announced_length(self) -> int:
        text = self.headers.get("Content-Length") or "0"
        if not text.isascii() or not text.isdigit():
            raise ValueError(f"Content-Length {text!r}")
        return int(text)

    def _read_body(self) -> tuple[bytes, bool]:
        """The body, and whether it is too large; the excess is read so that the client hears the answer."""
        if self._is_refused_unread():
            self.close_connection = True
            return b"", True
        body, total = bytearray(), 0
        for piece in self._pieces():
            total += len(piece)
            if total <= BODY_LIMIT_BYTES:
                body += piece
            elif total > _DRAIN_LIMIT_BYTES:
                self.close_connection = True
                break
        return (b"", True) if total > BODY_LIMIT_BYTES else (bytes(body), False)

    def _pieces(self) -> Iterator[bytes]:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            yield from ChunkedBody(self.rfile)
            return
        left = self._announced_length()
        while left > 0:
            piece = self.rfile.read(min(left, _PIECE))
            if not piece:
                raise TruncatedBodyError
            left -= len(piece)
            yield piece

    def _send(self, request: ApiRequest, answer: ApiAnswer) -> str:
        """Returns what the log shall add."""
        headers = (*answer.headers, ("x-amzn-RequestId", request.request_id))
        if self.close_connection:
            headers += (("Connection", "close"),)
        bodiless = request.method == "HEAD" or answer.status in _BODILESS
        if isinstance(answer.body, bytes):
            length = () if answer.status in _BODILESS else (("Content-Length", str(len(answer.body))),)
            self._write_head(answer.status, headers + length, b"" if bodiless else answer.body)
            return ""
        if bodiless:
            self._write_head(answer.status, headers)
            return ""
        return self._send_stream(answer.status, headers, answer.body)

    def _send_stream(self, status: int, headers: tuple[tuple[str, str], ...], pieces: Iterator[bytes]) -> str:
        chunked = self.request_version != "HTTP/1.0"
        self._write_head(status, headers + ((("Transfer-Encoding", "chunked"),) if chunked else ()))
        try:
            for piece in pieces:
                if piece:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        except StreamBrokenError as broken:
            # without the last chunk the client knows that this is not the end
            self.close_connection = True
            return f", broken off: {broken}"
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        return ", streamed"

    def _write_head(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes = b"") -> None:
        phrase = http.HTTPStatus(status).phrase if status in http.HTTPStatus._value2member_map_ else ""
        lines = [f"HTTP/1.1 {status} {phrase}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in headers]
        # head and body in one write: nothing waits for a packet that is not full
        self.wfile.write("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body)
