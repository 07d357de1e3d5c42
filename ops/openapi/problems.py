"""Which problems an operation may answer with: its own, those of every route, and those that API Gateway makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.shared.domain import errors
from lambdas.shared.runtime.operation import Operation
from lambdas.shared.runtime.problem import CONTENT_TYPE, status_of

# What a keyed function may raise whatever its route: bodies and headers are read before the route is.
_ANY_ROUTE = (errors.InvalidInputError, errors.MissingScopeError, errors.TooLargeError, errors.QuarryError)
_IDEMPOTENCY = (
    errors.IdempotencyKeyReusedError,
    errors.IdempotencyInProgressError,
    errors.IdempotencyAnswerLostError,
)
# API Gateway's own answers (stacks/components/gateway_responses.py): for everybody, behind a key, before a function.
GATEWAY_ANY = ((400, "invalid_request"), (413, "too_large"), (429, "rate_limited"), (500, "internal_error"))
GATEWAY_KEY = ((401, "invalid_api_key"), (403, "forbidden"), (429, "quota_exceeded"))
GATEWAY_FUNCTION = ((502, "bad_gateway"), (504, "timeout"))
# Not an operation's: there was no such route, or a body of a type that an integration without a function refuses.
GATEWAY_ELSEWHERE = ((404, "not_found"), (415, "unsupported_media_type"))
RETRY_AFTER = {409, 429}
MEANINGS = {
    400: "The request must change",
    401: "No key, or one that is malformed, unknown, disabled or expired",
    403: "The key may not do this",
    404: "There is nothing of that id that is yours",
    409: "Something of yours is in the way right now",
    413: "Beyond a limit; nothing was paid for",
    422: "Refused as it stands",
    429: "Too much at once",
    500: "Ours; the request id leads to the log",
    502: "The model's answer, or the function, failed",
    503: "The model is not available, now or in this account",
    504: "It took too long",
}

_TEXT = {"type": "string"}
_FIELD = {"type": "object", "required": ["pointer", "detail"], "properties": {"pointer": _TEXT, "detail": _TEXT}}
_INTERVENTION = {
    "type": "object",
    "required": ["policy", "name", "action", "source"],
    "properties": {
        "policy": _TEXT,
        "name": _TEXT,
        "action": {"enum": ["BLOCKED", "ANONYMIZED"]},
        "source": {"enum": ["input", "output"]},
    },
}
_OPENAI = {
    "type": "object",
    "description": "The same as OpenAI's clients expect it.",
    "required": ["message", "type", "code"],
    "properties": {"message": _TEXT, "type": _TEXT, "code": _TEXT},
}


def problem_codes(operation: Operation) -> dict[int, list[str]]:
    """Status -> codes, both in order."""
    found = set(GATEWAY_ANY)
    if operation.handler is not None:
        found |= set(GATEWAY_FUNCTION)
    if operation.scope is not None:
        found |= set(GATEWAY_KEY)
        kinds = (*_ANY_ROUTE, *operation.errors, *(_IDEMPOTENCY if operation.idempotent else ()))
        found |= {(status_of(kind), kind.code) for kind in kinds}
    by_status: dict[int, list[str]] = {}
    for status, code in sorted(found):
        by_status.setdefault(status, []).append(code)
    return by_status


def problem_schema(codes: list[str]) -> dict[str, Any]:
    """The object that every error is, with every code that there is."""
    return {
        "type": "object",
        "description": "RFC 9457 problem details that are an OpenAI-shaped error too.",
        "required": ["type", "title", "status", "detail", "code", "error"],
        "properties": {
            "type": {"const": "about:blank"},
            "title": _TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {**_TEXT, "description": "For people; it may change."},
            "code": {"enum": codes, "description": "For programs; it does not change."},
            "errors": {"type": "array", "items": _FIELD, "description": "Bad fields, each with a JSON pointer."},
            "interventions": {
                "type": "array",
                "items": _INTERVENTION,
                "description": "What a guardrail objected to (`blocked_by_guardrail`); it never quotes.",
            },
            "error": _OPENAI,
        },
    }


def problem_response(status: int, codes: list[str]) -> Mapping[str, Any]:
    """One status with the codes that it may have here."""
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    headers: dict[str, Any] = {"x-request-id": {"$ref": "#/components/headers/RequestId"}}
    if status in RETRY_AFTER:
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"const": "Bearer"}}
    return {
        "description": f"{MEANINGS[status]}: {', '.join(f'`{code}`' for code in codes)}.",
        "headers": headers,
        "content": {CONTENT_TYPE: {"schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}}},
    }
