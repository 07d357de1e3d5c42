"""What an invocation gives back: a payload, a function's own error, or the service's refusal."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """A finished invocation. `error` is None or "Unhandled", then `payload` is Lambda's JSON error object.

    `streamed` says that the function answered in streaming mode and `payload` is the joined stream.
    """

    payload: bytes
    error: str | None = None
    streamed: bool = False


class FunctionError(Exception):
    """The function failed: raised, crashed, timed out, or broke its stream. `payload` is Lambda's JSON error object."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(error_message(payload) or "the function failed")
        self.payload = payload


class InvokeRefusedError(FunctionError):
    """Lambda did not run the function at all; `code` and `status` are those of the Invoke API."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(json.dumps({"errorType": code, "errorMessage": message}).encode())
        self.code = code
        self.status = status


def error_message(payload: bytes) -> str | None:
    """The `errorMessage` of a Lambda error object, None where there is none."""
    return _text(payload, "errorMessage")


def error_type_of(payload: bytes) -> str | None:
    """The `errorType` of a Lambda error object, None where there is none."""
    return _text(payload, "errorType")


def _text(payload: bytes, field: str) -> str | None:
    try:
        document = json.loads(payload)
    except ValueError:
        return None
    value = document.get(field) if isinstance(document, dict) else None
    return value if isinstance(value, str) else None
