"""The error objects that the Lambda service itself writes when a function cannot answer for itself."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
REQUEST_LIMIT_BYTES = 6 * 1024 * 1024
RESPONSE_LIMIT_BYTES = REQUEST_LIMIT_BYTES + 100


def timed_out(request_id: str, seconds: float) -> bytes:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return _error("Sandbox.Timedout", f"{stamp} {request_id} Task timed out after {seconds:.2f} seconds")


def init_timed_out(seconds: float) -> bytes:
    return _error("Sandbox.Timedout", f"Error: Init timed out after {seconds:.2f} seconds")


def exited(request_id: str, exit_code: int) -> bytes:
    """`exit_code` as subprocess reports it: negative is the number of the signal that ended the process."""
    if exit_code == 0:
        reason = "Runtime exited without providing a reason"
    elif exit_code > 0:
        reason = f"Runtime exited with error: exit status {exit_code}"
    else:
        reason = f"Runtime exited with error: signal: {_signal_words(-exit_code)}"
    return _error("Runtime.ExitError", f"RequestId: {request_id} Error: {reason}")


def cannot_start(cause: OSError) -> bytes:
    return _error("Runtime.InvalidEntrypoint", f"Error: {cause}")


def truncated(request_id: str) -> bytes:
    return _error("Runtime.TruncatedResponse", f"RequestId: {request_id} Error: the response ended before its end")


def response_too_large() -> bytes:
    return _error(
        "Function.ResponseSizeTooLarge",
        f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes).",
    )


def shut_down(request_id: str) -> bytes:
    return _error("Runtime.Shutdown", f"RequestId: {request_id} Error: the local stack is stopping")


def _signal_words(number: int) -> str:
    return (signal.strsignal(number) or str(number)).lower()


def _error(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
