"""Reads API Gateway's proxy event: one HTTP request and who sent it."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.errors import InvalidInputError, MissingScopeError, TooLargeError

MAX_BODY_BYTES = 5 * 1024 * 1024
_SUBJECT = re.compile(r"[A-Za-z0-9._@-]{1,128}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `headers` have lower-case names; `resource` is the route's template, e.g. `/conversations/{id}`.

    `remaining_seconds()` is the time until Lambda ends this invocation. What is appended to `after_answer` is done once
    the whole answer is sent; None where the function's answer ends its invocation. `streams`: the answer may be longer
    than what Lambda hands over whole (6 MB).
    """

    method: str
    resource: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    caller: Caller
    request_id: str
    remaining_seconds: Callable[[], float] = lambda: math.inf
    after_answer: list[Callable[[], object]] | None = None
    streams: bool = False


def request_from_event(
    event: Mapping[str, Any], context: Any, *, after_answer: list[Callable[[], object]] | None = None
) -> Request:
    """Raises `InvalidInputError` (body, subject), `MissingScopeError` (subject), `TooLargeError` (body); KeyError
    where no authorizer spoke, which is a defect of the deployment and must not let anyone in."""
    headers = headers_of(event)
    streams = bool(getattr(context, "streams_response", False))
    return Request(
        method=event["httpMethod"],
        resource=event["resource"],
        path_parameters=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers=headers,
        body=_body(event),
        caller=_caller(event["requestContext"]["authorizer"], headers.get("x-quarry-subject")),
        request_id=request_id_of(event, context),
        remaining_seconds=lambda: context.get_remaining_time_in_millis() / 1000,
        after_answer=after_answer if streams else None,
        streams=streams,
    )


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """The request's headers by lower-case name; of a repeated one the last value."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def request_id_of(event: Mapping[str, Any], context: Any) -> str:
    """API Gateway's id, which its access log and the client's `x-request-id` share with our log line."""
    return str((event.get("requestContext") or {}).get("requestId") or getattr(context, "aws_request_id", ""))


def require_scope(caller: Caller, scope: str) -> None:
    """Raises `MissingScopeError` unless the key carries `scope`, or `admin`, which may do all."""
    if not caller.scopes & {scope, "admin"}:
        raise MissingScopeError(f"This key lacks the scope {scope!r}; ask the operator for a key that has it.")


def _body(event: Mapping[str, Any]) -> bytes:
    text: str = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise InvalidInputError("The body is marked as base64 but is not valid base64.") from error
    else:
        # Lone surrogates can come out of JSON escapes in the event; they then fail as invalid UTF-8, as they should.
        body = text.encode("utf-8", "surrogatepass")
    if len(body) > MAX_BODY_BYTES:
        raise TooLargeError(
            f"The body has {len(body):,} bytes; at most {MAX_BODY_BYTES:,} are taken. Send less at once."
        )
    return body


def _caller(authorizer: Mapping[str, Any], subject: str | None) -> Caller:
    client = authorizer["client"]
    caller = Caller(
        tenant=authorizer["tenant"], client=client, subject=client, scopes=frozenset(authorizer["scopes"].split())
    )
    if subject is None:
        return caller
    require_scope(caller, "delegate")
    if not _SUBJECT.fullmatch(subject):
        raise InvalidInputError("The header X-Quarry-Subject takes 1 to 128 of these characters: A-Z a-z 0-9 . _ @ -")
    return Caller(tenant=caller.tenant, client=client, subject=subject, scopes=caller.scopes)
