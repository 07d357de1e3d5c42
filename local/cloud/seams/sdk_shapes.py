"""Parameters and results of Step Functions' SDK tasks, between their PascalCase and a service's own names and types.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import base64
import datetime
import json
import re
from typing import Any

from botocore.model import Shape

# An attribute's value is written {"S": "..."} in every dialect: its type letters are no names to be cased.
_VERBATIM_SHAPES = frozenset({"AttributeValue"})
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def to_request(value: Any, shape: Shape) -> Any:
    """`value` as botocore takes it for `shape`: members by their real names, JSON texts where texts are wanted."""
    kind = shape.type_name
    if shape.name in _VERBATIM_SHAPES:
        return value
    if kind == "structure" and isinstance(value, dict):
        if getattr(shape, "is_document_type", False):
            return value
        by_name = {name.lower(): name for name in shape.members}  # type: ignore[attr-defined]
        renamed = {by_name.get(name.replace("_", "").lower(), name): member for name, member in value.items()}
        members = shape.members  # type: ignore[attr-defined]
        return {name: to_request(part, members[name]) if name in members else part for name, part in renamed.items()}
    if kind == "list" and isinstance(value, list):
        return [to_request(item, shape.member) for item in value]  # type: ignore[attr-defined]
    if kind == "map" and isinstance(value, dict):
        return {name: to_request(item, shape.value) for name, item in value.items()}  # type: ignore[attr-defined]
    if kind == "string" and not isinstance(value, str) and value is not None:
        return _json(value)
    if kind == "blob" and not isinstance(value, (bytes, bytearray)):
        return (value if isinstance(value, str) else _json(value)).encode()
    return value


def to_result(value: Any, shape: Shape) -> Any:
    """botocore's answer as a state sees it: PascalCase members, ISO times, streams and blobs as text."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        if getattr(shape, "is_document_type", False) or shape.name in _VERBATIM_SHAPES:
            return value
        members = shape.members  # type: ignore[attr-defined]
        return {
            pascal_case(name) if name in members else name: to_result(part, members[name]) if name in members else part
            for name, part in value.items()
        }
    if kind == "list" and isinstance(value, list):
        return [to_result(item, shape.member) for item in value]  # type: ignore[attr-defined]
    if kind == "map" and isinstance(value, dict):
        return {name: to_result(item, shape.value) for name, item in value.items()}  # type: ignore[attr-defined]
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if hasattr(value, "read"):
        value = value.read()
    return _text(value) if isinstance(value, (bytes, bytearray)) else value


def pascal_case(name: str) -> str:
    """`jobArn` -> `JobArn`, `ETag` -> `ETag`, `DBName` -> `DbName`: every word starts with its only capital."""
    return "".join(word[:1].upper() + word[1:].lower() for word in _WORD_START.split(name))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(value: bytes | bytearray) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
