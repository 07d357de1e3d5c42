"""API Gateway's side of an invocation: proxy events made from a recorded one, contexts, and answers read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[1] / "events"


@dataclass
class Context:
    """What the handlers use of Lambda's context object."""

    streams_response: bool = False
    aws_request_id: str = "lambda-request"
    remaining_ms: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


BUFFERED = Context()
STREAMING = Context(streams_response=True)


def proxy_event(
    method: str,
    resource: str,
    body: Any = None,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    tenant: str = "acme",
    client: str = "shop",
    scopes: str = "chat documents",
) -> dict[str, Any]:
    """A REST proxy event. A `body` that is no text is encoded as JSON."""
    event: dict[str, Any] = json.loads((EVENTS / "rest_proxy.json").read_text())
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    event |= {"httpMethod": method, "resource": resource, "body": text}
    event |= {"pathParameters": path, "queryStringParameters": query}
    event["headers"] = {**event["headers"], **(headers or {})}
    event["requestContext"]["authorizer"] |= {"tenant": tenant, "client": client, "scopes": scopes}
    return event


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, however it was transferred."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[tuple[str, Any]]:
        """Server-sent events as (name, data)."""
        assert self.body.endswith(b"\n\n")
        found = []
        for block in self.body.decode().removesuffix("\n\n").split("\n\n"):
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
        return found


def read_answer(result: Any) -> Answer:
    """A handler's result as API Gateway reads it: a proxy dict, or metadata, eight NULs and the body."""
    if isinstance(result, dict):
        return Answer(result["statusCode"], result["headers"], result["body"].encode())
    return read_stream(result)


def read_stream(chunks: Iterable[bytes]) -> Answer:
    metadata, _, body = b"".join(chunks).partition(b"\0" * 8)
    parsed = json.loads(metadata)
    return Answer(parsed["statusCode"], parsed["headers"], body)
