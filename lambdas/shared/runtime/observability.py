"""One JSON log line per invocation that is a CloudWatch metric at the same time; never any content."""

from __future__ import annotations

import os
import sys
import time
import traceback
from contextvars import ContextVar
from typing import Any

import msgspec

_NAMESPACE = "Quarry"
_CURRENT: ContextVar[InvocationLog | None] = ContextVar("invocation_log", default=None)


def annotate(**fields: Any) -> None:
    """Add fields to the current invocation's log line (a code, a model id, token counts; never texts)."""
    if (current := _CURRENT.get()) is not None:
        current.add(**fields)


def annotate_defect(error: BaseException) -> None:
    """Add an unexpected error to the current invocation's log line."""
    if (current := _CURRENT.get()) is not None:
        current.defect(error)


class InvocationLog:
    """Collects one invocation's fields; `write` prints them, once."""

    def __init__(self, **fields: Any) -> None:
        self._started = time.perf_counter()
        self._fields: dict[str, Any] = {"level": "INFO", **fields}
        self._written = False
        _CURRENT.set(self)

    def add(self, **fields: Any) -> None:
        """Add fields to the line; no texts of users or models."""
        self._fields.update(fields)

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the invocation began, to a tenth."""
        return round((time.perf_counter() - self._started) * 1000, 1)

    def defect(self, error: BaseException) -> None:
        """Note an unexpected error by class and stack: its message may hold what a user wrote, so it stays out."""
        frames = traceback.extract_tb(error.__traceback__)
        stack = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        self._fields.update(level="ERROR", exception=type(error).__name__, stack=stack)

    def write(self, **fields: Any) -> None:
        """Print the line. A status of 500 and above or a `failed` field counts as a failure."""
        if self._written:
            return
        self._written = True
        self._fields.update(fields, duration_ms=self.elapsed_ms)
        failed = self._fields.pop("failed", False) or self._fields.get("status", 0) >= 500
        if failed:
            self._fields["level"] = "ERROR"
        write_line({**self._fields, **_metrics(self._fields["duration_ms"], failed=bool(failed))})


def write_line(fields: dict[str, Any]) -> None:
    """Print one JSON object as one line."""
    sys.stdout.write(msgspec.json.encode(fields, enc_hook=str).decode() + "\n")
    sys.stdout.flush()


def _metrics(duration_ms: float, *, failed: bool) -> dict[str, Any]:
    """Two metrics per function, in CloudWatch's embedded format. No tenant or client dimension: each combination
    is billed as a metric of its own, and the ledger knows them anyway.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    metrics = [{"Name": "Duration", "Unit": "Milliseconds"}, {"Name": "Failures", "Unit": "Count"}]
    directive = {"Namespace": _NAMESPACE, "Dimensions": [["function"]], "Metrics": metrics}
    return {
        "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"),
        "Duration": duration_ms,
        "Failures": int(failed),
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
    }
