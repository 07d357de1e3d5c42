"""What goes through the gateway: a request, its answer, and the faults that the gateway itself finds."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """An HTTP request as it came in. `path` and `query` are still percent-encoded, `path` begins with "/"."""

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    oversized: bool = False  # beyond the gateway's limit; then `body` is empty
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"
    port: int = 0
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    received_at: float = field(default_factory=time.time)

    def header(self, name: str) -> str | None:
        """The last value of a header, whatever the case of its name."""
        wanted = name.lower()
        return next((value for key, value in reversed(self.headers) if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """An HTTP response. An iterator as `body` is sent piece by piece; it raises `StreamBrokenError` to break off."""

    status: int
    headers: Headers
    body: bytes | Iterator[bytes]


class GatewayFaultError(Exception):
    """The gateway answers in the function's place.

    `response_type` is one of API Gateway's, see
    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    `message` None is shown as JSON null, as AWS does; `status` is given where the type alone does not tell it.
    """

    def __init__(self, response_type: str, message: str | None, *, status: int | None = None) -> None:
        super().__init__(message or response_type)
        self.response_type = response_type
        self.message = message
        self.status = status


class StreamBrokenError(Exception):
    """The answer's stream failed after its head was sent: the client must see a broken connection, not an end."""
