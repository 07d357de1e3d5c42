"""Why a document failed, and how the reason travels through a state machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lambdas.shared.domain.errors import QuarryError

DELETED_CODE = "deleted"
_CODED = re.compile(r"\[([a-z][a-z0-9_]*)\] (.*)", re.DOTALL)
_TIMEOUTS = frozenset({"States.Timeout", "Sandbox.Timedout"})
_LONGEST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """`code` is stable and machine-readable; `detail` tells a person what to do, without any of the document's text."""

    code: str
    detail: str


@contextmanager
def coded_errors() -> Iterator[None]:
    """Let a QuarryError leave a Lambda function with its code in front of its message.

    Step Functions sees nothing of an exception but its class name and its message, and one class has several codes.
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    try:
        yield
    except QuarryError as error:
        error.args = (f"[{error.code}] {error}",)
        raise


def failure_from(error: str, cause: str | None) -> Failure:
    """The reason behind a state's error output: `error` is a class or `States.` name, `cause` a function's JSON.

    A message that Quarry did not write is not passed on: it could quote the document.
    """
    coded = _CODED.fullmatch(_message(cause))
    if coded:
        return Failure(coded[1], coded[2][:_LONGEST_DETAIL])
    if error in _TIMEOUTS:
        return Failure("timed_out", "A step did not end in its time, also when it was repeated.")
    return Failure(
        "internal_error", f"A step ended with {error}, also when it was repeated; the logs have the details."
    )


def _message(cause: str | None) -> str:
    try:
        decoded = json.loads(cause or "")
    except ValueError:
        return ""
    return str(decoded.get("errorMessage", "")) if isinstance(decoded, dict) else ""
