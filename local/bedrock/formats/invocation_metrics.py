"""The metrics that Bedrock adds to the last event of an InvokeModel stream."""

from __future__ import annotations

import time


def invocation_metrics(input_tokens: int, output_tokens: int, began: float, waited: float) -> dict[str, int]:
    """`began`: monotonic seconds at the start; `waited`: seconds until the first piece. Latencies in milliseconds."""
    return {
        "inputTokenCount": input_tokens,
        "outputTokenCount": output_tokens,
        "invocationLatency": max(1, round(1000 * (time.monotonic() - began))),
        "firstByteLatency": max(1, round(1000 * waited)),
    }
