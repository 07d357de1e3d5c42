"""The Lambda Runtime API loop that streams; stream_bootstrap starts it in the place of the managed runtime's own."""

from __future__ import annotations

import base64
import gc
import http.client
import importlib
import json
import os
import site
import sys
import time
import traceback
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, NoReturn

Handler = Callable[[Any, "InvocationContext"], Iterator[bytes]]

# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
_API = "/2018-06-01/runtime"
_ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
_ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
_STREAM_HEADERS = {
    "Content-Type": "application/vnd.awslambda.http-integration-response",
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    "Transfer-Encoding": "chunked",
    "Trailer": f"{_ERROR_TYPE}, {_ERROR_BODY}",
}


class RuntimeApiError(Exception):
    """The Runtime API gave an answer after which a runtime has to end; Lambda then starts a new one."""


class HandlerError(Exception):
    """The function's handler cannot be used; `error_type` is the managed runtime's name for it."""

    def __init__(self, message: str, error_type: str) -> None:
        super().__init__(message)
        self.error_type = error_type


@dataclass(frozen=True, slots=True)
class InvocationContext:
    """What a handler is told about its invocation; names are those of Lambda's own context object."""

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    function_name: str | None
    function_version: str | None
    memory_limit_in_mb: str | None
    log_group_name: str | None
    log_stream_name: str | None
    streams_response: bool = True

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation; never negative."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


class RuntimeApi:
    """One keep-alive connection to the Runtime API at `address` (host:port)."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def next_invocation(self) -> tuple[http.client.HTTPMessage, bytes]:
        """Wait for work, however long: Lambda freezes the process meanwhile. Returns headers and event."""
        try:
            return self._get_next()
        except (ConnectionResetError, BrokenPipeError):
            self.reconnect()  # the kept connection was closed while it was idle; asking again is harmless
            return self._get_next()

    def report(self, path: str, failure: dict[str, Any]) -> None:
        """POST an error to `invocation/<id>/error` or `init/error`."""
        headers = {"Content-Type": "application/vnd.aws.lambda.error+json", _ERROR_TYPE: failure["errorType"]}
        self._connection.request("POST", f"{_API}/{path}", json.dumps(failure).encode(), headers)
        self._finish()

    def stream(self, request_id: str, pieces: Iterator[bytes]) -> None:
        """POST `pieces` as they come; what `pieces` raises becomes HTTP trailers. OSError: nobody listens any more.

        The chunks are written by hand: http.client encodes chunks, but cannot end them with trailers.
        """
        self._connection.putrequest("POST", f"{_API}/invocation/{request_id}/response")
        for name, value in _STREAM_HEADERS.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()
        trailers = b""
        while True:
            try:
                piece = next(pieces, None)
            except Exception as error:
                trailers = _trailers(failure_of(error, request_id))
                break
            if piece is None:
                break
            if piece:  # a chunk of length 0 would end the stream
                self._connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        self._connection.send(b"0\r\n" + trailers + b"\r\n")
        self._finish()

    def reconnect(self) -> None:
        """Give the connection up; the next call opens a new one."""
        self._connection.close()

    def _get_next(self) -> tuple[http.client.HTTPMessage, bytes]:
        self._connection.request("GET", f"{_API}/invocation/next")
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeApiError(f"invocation/next answered {response.status}")
        return response.headers, body

    def _finish(self) -> None:
        response = self._connection.getresponse()
        reason = response.read()[:500].decode("utf-8", "replace")
        if response.status >= 500:  # "Non-recoverable state. Runtime should exit promptly."
            raise RuntimeApiError(f"the Runtime API answered {response.status}: {reason}")
        if response.status >= 400:
            _log({"errorType": "Runtime.Refused", "answer": f"{response.status} {reason}"})


def failure_of(error: BaseException, request_id: str = "") -> dict[str, Any]:
    """An exception in the shape that Lambda shows to callers."""
    return {
        "errorMessage": str(error),
        "errorType": getattr(error, "error_type", type(error).__name__),
        "requestId": request_id,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def extend_path(environ: MutableMapping[str, str]) -> None:
    """Let the function's code and its layers be imported, in the managed runtime's order: task root, the layers'
    site-packages, the layers' python folder, the runtime's own packages. A PYTHONPATH that someone set replaces
    the layers, as it does there."""
    layers = f"{environ.get('QUARRY_LAYER_ROOT', '/opt')}/python"
    runtime = environ.get("LAMBDA_RUNTIME_DIR", "/var/runtime")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    roots = [environ["LAMBDA_TASK_ROOT"]]
    if "PYTHONPATH" not in environ:
        roots += [f"{layers}/lib/{version}/site-packages", layers]
    sys.path[:0] = [*roots, runtime]
    for root in roots:
        site.addsitedir(root)  # for the .pth files there; the folder itself is on the path already
    environ.setdefault("PYTHONPATH", runtime)


def load_handler(name: str) -> Handler:
    """Import `package.module.function` and build what it needs now, while Lambda gives a starting function a whole
    processor: a `build_service` in the handler's module is the convention. Raises whatever goes wrong there."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise HandlerError(f"Bad handler {name!r}: no module", "Runtime.MalformedHandlerName")
    gc.disable()  # start-up makes much and drops little: collecting would be wasted time
    try:
        module = importlib.import_module(module_name.replace("/", "."))
        handler: Handler | None = getattr(module, function_name, None)
        if handler is None:
            raise HandlerError(f"Handler '{function_name}' is missing in '{module_name}'", "Runtime.HandlerNotFound")
        getattr(module, "build_service", _nothing)()
    except ImportError as error:
        raise HandlerError(f"Unable to import module '{module_name}': {error}", "Runtime.ImportModuleError") from error
    except SyntaxError as error:
        raise HandlerError(f"Syntax error in module '{module_name}': {error}", "Runtime.UserCodeSyntaxError") from error
    finally:
        gc.freeze()
        gc.enable()
    return handler


def serve(api: RuntimeApi, handler: Handler, environ: MutableMapping[str, str]) -> None:
    """Wait for one invocation and answer it. Errors before the first byte are the invocation's error."""
    headers, event = api.next_invocation()
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    environ.pop("_X_AMZN_TRACE_ID", None)
    if trace_id := headers.get("Lambda-Runtime-Trace-Id"):
        environ["_X_AMZN_TRACE_ID"] = trace_id
    try:
        pieces = handler(json.loads(event), _context(headers, environ))
        first = next(pieces, b"")
    except Exception as error:
        failure = failure_of(error, request_id)
        _log(failure)
        api.report(f"invocation/{request_id}/error", failure)
        return
    try:
        api.stream(request_id, chain((first,), pieces))
    except (OSError, http.client.HTTPException) as error:
        _log(failure_of(error, request_id))
        api.reconnect()
    finally:
        # Nobody may be listening any more, but the handler still has to put its things away.
        getattr(pieces, "close", _nothing)()


def main() -> NoReturn:
    """Initialize the function, then serve until Lambda ends the process."""
    extend_path(os.environ)
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        failure = failure_of(error)
        _log(failure, errorMessage=failure["errorMessage"])
        api.report("init/error", failure)
        sys.exit(1)
    while True:
        serve(api, handler, os.environ)


def _context(headers: http.client.HTTPMessage, environ: MutableMapping[str, str]) -> InvocationContext:
    return InvocationContext(
        aws_request_id=headers["Lambda-Runtime-Aws-Request-Id"],
        invoked_function_arn=headers.get("Lambda-Runtime-Invoked-Function-Arn", ""),
        deadline_ms=int(headers.get("Lambda-Runtime-Deadline-Ms", "0")),
        function_name=environ.get("AWS_LAMBDA_FUNCTION_NAME"),
        function_version=environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
        memory_limit_in_mb=environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        log_group_name=environ.get("AWS_LAMBDA_LOG_GROUP_NAME"),
        log_stream_name=environ.get("AWS_LAMBDA_LOG_STREAM_NAME"),
    )


def _trailers(failure: dict[str, Any]) -> bytes:
    _log(failure)
    body = base64.b64encode(json.dumps(failure).encode())
    return f"{_ERROR_TYPE}: {failure['errorType']}\r\n{_ERROR_BODY}: ".encode() + body + b"\r\n"


def _log(failure: dict[str, Any], **fields: Any) -> None:
    """One line of JSON. An invocation's error message may quote what a user wrote, so it is left out."""
    quiet = {name: value for name, value in failure.items() if name != "errorMessage"}
    sys.stdout.write(json.dumps({"level": "ERROR", **quiet, **fields}) + "\n")
    sys.stdout.flush()


def _nothing() -> None:
    """Where there is nothing to build or to close."""


if __name__ == "__main__":
    main()
