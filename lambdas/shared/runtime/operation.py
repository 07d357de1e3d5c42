"""Describes one HTTP operation; read by the OpenAPI generator, never imported by a handler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lambdas.shared.domain.errors import QuarryError


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of the path or the query. `schema` is a JSON schema, `example` a real value."""

    name: str
    place: Literal["path", "query"]
    schema: Mapping[str, Any]
    description: str
    example: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a caller has to know about one route.

    `handler` is `<capability>/<verb>`, None where API Gateway itself answers. `scope` None = public, no key. `body` and
    `answer` are the msgspec structs that the handler decodes and encodes; `answer` None = no content. `events` are the
    structs of a stream's server-sent events by name; an operation has an `answer` or `events`. `errors` are what the
    route itself raises: what any route may raise, and what API Gateway answers, is added by the generator.
    """

    method: str
    path: str
    tag: str
    handler: str | None
    name: str
    summary: str
    scope: str | None
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    answer: Any = None
    status: int = 200  # of the answer
    other_answers: Mapping[int, Any] = field(default_factory=dict)  # by status: what another wish is answered with
    events: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[type[QuarryError], ...] = ()
    idempotent: bool = False  # honours the header Idempotency-Key
    cacheable: bool = False  # answers with an ETag, and 304 to one that is still right
    body_example: Any = None
    answer_example: Any = None  # of a stream: its whole text


def page_parameters(*, default: int, largest: int) -> tuple[Parameter, ...]:
    """`limit` and `cursor`, the same on every list."""
    limit = {"type": "integer", "minimum": 1, "maximum": largest, "default": default}
    return (
        Parameter(name="limit", place="query", schema=limit, description="How many items at most.", example=default),
        Parameter(
            name="cursor",
            place="query",
            schema={"type": "string", "minLength": 1},
            description="The `next_cursor` of the page before, unchanged. It opens nothing that the key does not.",
        ),
    )
