"""Lambda's Invoke API runs the local functions: boto3's `invoke`, state machines and rules all come through here."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping, MutableMapping
from functools import cache
from typing import Any, Protocol, runtime_checkable

from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.config import default_user_config
from moto.core.exceptions import JsonRESTError

from local.cloud.seams.patching import replace
from local.functions.results import InvokeRefusedError

_log = logging.getLogger("local.cloud")
_MAX_REQUEST_BYTES = 6_291_556  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html


class Outcome(Protocol):
    """What an invocation gives: `error` is None or the kind of the function's failure, whose JSON is the payload."""

    @property
    def payload(self) -> bytes: ...

    @property
    def error(self) -> str | None: ...


Invoker = Callable[[str, bytes], Outcome]


@runtime_checkable
class FunctionRunner(Protocol):
    """A host of functions."""

    def invoke(self, function_name: str, payload: bytes) -> Outcome: ...


_invoker: Invoker | None = None


class LambdaServiceError(JsonRESTError):  # type: ignore[misc]  # moto has no types
    """The Lambda service itself failed (not the function): callers may retry."""

    code = 500


class RequestTooLargeError(JsonRESTError):  # type: ignore[misc]
    """The payload is beyond Lambda's limit."""

    code = 413


class RefusedByLambdaError(JsonRESTError):  # type: ignore[misc]
    """Lambda did not run the function at all, e.g. because it is throttled: callers may retry."""

    def __init__(self, refusal: InvokeRefusedError) -> None:
        super().__init__(refusal.code, str(refusal))
        self.code = refusal.status


def set_invoker(invoker: Invoker | FunctionRunner | None) -> None:
    """Name what runs functions (function name, payload), a callable or a host of functions; None = nothing does."""
    global _invoker
    _invoker = invoker.invoke if isinstance(invoker, FunctionRunner) else invoker


def invoke(function_name: str, payload: bytes) -> Outcome:
    """Run a function now, in this thread."""
    if _invoker is None:
        raise LambdaServiceError("ServiceException", f"no function host runs {function_name}")
    try:
        return _invoker(function_name, payload)
    except InvokeRefusedError as refusal:
        raise RefusedByLambdaError(refusal) from refusal


def _run_in_background(function_name: str, payload: bytes) -> None:
    try:
        outcome = invoke(function_name, payload)
        failure = _summary(outcome.payload) if outcome.error else None
    except Exception as error:
        failure = str(error) or repr(error)
    if failure:
        _log.warning("asynchronous invocation of %s failed: %s", function_name, failure)


def _summary(payload: bytes) -> str:
    """The error's class name; its message may hold what users wrote."""
    try:
        return str(json.loads(payload).get("errorType"))
    except (ValueError, AttributeError):
        return "unreadable error"


def _invoke_locally(_: Any) -> Callable[..., bytes]:
    def run(
        self: Any,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Mapping[str, str],
        response_headers: MutableMapping[str, str],
    ) -> bytes:
        name = self.get_function(function_name, qualifier).function_name
        payload = body.encode() if isinstance(body, str) else bytes(body or b"")
        if len(payload) > _MAX_REQUEST_BYTES:
            message = f"Request must be smaller than {_MAX_REQUEST_BYTES} bytes for the InvokeFunction operation"
            raise RequestTooLargeError("RequestTooLargeException", message)
        kind = headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "Event":
            threading.Thread(target=_run_in_background, args=(name, payload or b"{}"), daemon=True).start()
        if kind != "RequestResponse":
            return b""
        outcome = invoke(name, payload or b"{}")
        if outcome.error:
            response_headers["x-amz-function-error"] = outcome.error
        response_headers["x-amz-executed-version"] = "$LATEST"
        return outcome.payload

    return run


@cache
def install() -> None:
    """Choose moto's Lambda without containers and replace its invocation."""
    default_user_config["lambda"] = {"use_docker": False}
    replace(LambdaSimpleBackend, "invoke", _invoke_locally)
