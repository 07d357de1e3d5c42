"""One readable log: the output of the functions' processes, and one line for each invocation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import IO

from local.functions.results import error_message, error_type_of


def one_at_a_time(log: Callable[[str], None]) -> Callable[[str], None]:
    """The same log for many threads: `print` writes a line and its end separately, and lines would mix."""
    lock = threading.Lock()

    def locked(line: str) -> None:
        with lock:
            log(line)

    return locked


def forward_output(output: IO[bytes], label: str, log: Callable[[str], None]) -> None:
    """Pass the lines of a process to `log` as they come, each with the function's short name in front."""

    def pump() -> None:
        with output:
            for raw in output:
                for line in _lines(raw):
                    log(f"{label} | {line}")

    threading.Thread(target=pump, name=f"log-{label}", daemon=True).start()


def report_line(request_id: str, *, seconds: float, init_seconds: float | None, error: bytes | None) -> str:
    """How one invocation went; `init_seconds` is given for the first one of a process."""
    start = "warm" if init_seconds is None else f"cold, init {init_seconds * 1000:.0f} ms"
    outcome = "ok" if error is None else f"FAILED: {_reason(error)}"
    return f"REPORT {request_id} {seconds * 1000:.1f} ms ({start}) {outcome}"


def _reason(error: bytes) -> str:
    """The error's type; its message only where Lambda wrote it: a function's own may quote what a user wrote."""
    error_type = error_type_of(error) or "without a type"
    from_lambda = error_type.startswith(("Runtime.", "Sandbox.", "Function."))
    return f"{error_type}: {error_message(error)}" if from_lambda else error_type


def _lines(raw: bytes) -> list[str]:
    # AWS's runtime client parts the lines of a traceback with \r and indents them with no-break spaces, so that
    # CloudWatch keeps them together; on a terminal they would overwrite each other
    text = raw.decode("utf-8", "replace").replace("\u00a0", " ")
    return [line for line in text.splitlines() if line.strip()]
