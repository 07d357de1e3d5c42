"""Turns what a function answered, buffered or as streaming metadata, into status, headers and body."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from local.api.messages import ApiAnswer, Headers

# they describe the connection, which is the gateway's and not the function's
_OF_THE_CONNECTION = frozenset({"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_SCALAR = str | int | float | bool


class MalformedAnswerError(Exception):
    """The function's answer is no valid proxy answer; says why."""


def buffered_answer(payload: bytes, *, decode_base64: bool) -> ApiAnswer:
    """Raises `MalformedAnswerError`. `decode_base64`: the client accepts one of the API's binary media types."""
    answer = _object(payload)
    body = answer.get("body")
    if body is not None and not isinstance(body, str):
        raise MalformedAnswerError("body is no string")
    encoded = answer.get("isBase64Encoded", False)
    if not isinstance(encoded, bool):
        raise MalformedAnswerError("isBase64Encoded is no boolean")
    content = (body or "").encode("utf-8", "surrogatepass")
    if encoded and decode_base64:
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise MalformedAnswerError("body is no base64") from error
    return ApiAnswer(_status(answer), _headers(answer), content)


def streamed_head(metadata: bytes) -> tuple[int, Headers]:
    """Status and headers of a stream, from the JSON before the eight NULs; raises `MalformedAnswerError`."""
    answer = _object(metadata)
    headers = _headers(answer)
    cookies = answer.get("cookies", [])
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise MalformedAnswerError("cookies is no list of strings")
    return _status(answer, default=200), headers + tuple(_checked("Set-Cookie", cookie) for cookie in cookies)


def _object(payload: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise MalformedAnswerError("it is no JSON") from error
    if not isinstance(answer, dict):
        raise MalformedAnswerError("it is no JSON object")
    return answer


def _status(answer: Mapping[str, Any], *, default: int | None = None) -> int:
    status = answer.get("statusCode", default)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise MalformedAnswerError("statusCode is no HTTP status")
    return status


def _headers(answer: Mapping[str, Any]) -> Headers:
    """`multiValueHeaders` wins where both name a header; JSON is the default content type."""
    several, single = _mapping(answer, "multiValueHeaders"), _mapping(answer, "headers")
    pairs: list[tuple[str, str]] = []
    for name, values in several.items():
        if not isinstance(values, list):
            raise MalformedAnswerError(f"multiValueHeaders: {name} is no list")
        pairs += [_checked(name, value) for value in values]
    named = {name.lower() for name, _ in pairs}
    pairs += [_checked(name, value) for name, value in single.items() if name.lower() not in named]
    kept = [pair for pair in pairs if pair[0].lower() not in _OF_THE_CONNECTION]
    if not any(name.lower() == "content-type" for name, _ in kept):
        kept.append(("Content-Type", "application/json"))
    return tuple(kept)


def _mapping(answer: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = answer.get(field)
    if value is not None and not isinstance(value, dict):
        raise MalformedAnswerError(f"{field} is no object")
    return value or {}


def _checked(name: str, value: Any) -> tuple[str, str]:
    if not isinstance(value, _SCALAR):
        raise MalformedAnswerError(f"the header {name} is no string")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(text):
        raise MalformedAnswerError(f"the header {name!r} has characters that HTTP forbids")
    return name, text
