"""One line of a batch job's output, as the service wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lambdas.shared.domain.chat_model import TokenUsage

MISSING = "missing_row"
UNPARSEABLE = "unparseable_row"


class OutputRow(NamedTuple):
    """`record_id` None = a line that nobody can assign. `error` None = the model answered, and that is paid for,
    whether or not the answer can be used."""

    record_id: str | None
    error: str | None
    text: str = ""
    stop_reason: str = ""
    usage: TokenUsage = TokenUsage(0, 0)


def output_row(line: Mapping[str, Any] | None) -> OutputRow:
    """Reads a decoded line of a job of type Converse; None stands for a line that is no JSON object.

    https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
    """
    if line is None:
        return OutputRow(None, UNPARSEABLE)
    record_id = line.get("recordId")
    if not isinstance(record_id, str):
        return OutputRow(None, UNPARSEABLE)
    error = line.get("error")
    if error is not None:
        return OutputRow(record_id, _error_code(error))
    try:
        return _answer(record_id, line["modelOutput"])
    except (KeyError, TypeError, ValueError):
        return OutputRow(record_id, UNPARSEABLE)


def _answer(record_id: str, output: Mapping[str, Any]) -> OutputRow:
    usage = output["usage"]
    return OutputRow(
        record_id,
        None,
        text="".join(block["text"] for block in output["output"]["message"]["content"] if "text" in block),
        stop_reason=output["stopReason"],
        usage=TokenUsage(
            int(usage["inputTokens"]),
            int(usage["outputTokens"]),
            int(usage.get("cacheReadInputTokens") or 0),
            int(usage.get("cacheWriteInputTokens") or 0),
        ),
    )


def _error_code(error: Any) -> str:
    """Never the message: it could quote the document."""
    code = error.get("errorCode") if isinstance(error, Mapping) else None
    return f"batch_error_{code}" if isinstance(code, int | str) and str(code).isalnum() else "batch_error"
