"""The parts of Converse's answers and events."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from local.bedrock.brain import ToolInput, ToolStart
from local.bedrock.errors import ModelError


def delta(text: str) -> dict[str, Any]:
    """A piece of text of the first block."""
    return {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": text}}}


def block_stop(index: int) -> dict[str, Any]:
    """The end of a block."""
    return {"contentBlockStop": {"contentBlockIndex": index}}


def tool_blocks(pieces: Iterator[ToolStart | ToolInput]) -> list[dict[str, Any]]:
    """Whole `toolUse` blocks; raises `ModelError` where the model's arguments are no JSON object."""
    calls: list[tuple[ToolStart, list[str]]] = []
    for piece in pieces:
        if isinstance(piece, ToolStart):
            calls.append((piece, []))
        elif calls:
            calls[-1][1].append(piece.text)
    return [
        {"toolUse": {"toolUseId": start.tool_use_id, "name": start.name, "input": _arguments("".join(written))}}
        for start, written in calls
    ]


def tool_events(pieces: Iterator[ToolStart | ToolInput], index: int) -> Iterator[dict[str, Any]]:
    """The same as events, the blocks numbered from `index` on."""
    is_open = False
    for piece in pieces:
        if isinstance(piece, ToolStart):
            if is_open:
                yield block_stop(index)
                index += 1
            is_open = True
            start = {"toolUse": {"toolUseId": piece.tool_use_id, "name": piece.name}}
            yield {"contentBlockStart": {"contentBlockIndex": index, "start": start}}
        elif is_open:
            yield {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece.text}}}}
    if is_open:
        yield block_stop(index)


def usage_of(input_tokens: int, output_tokens: int) -> dict[str, int]:
    """`usage` as it stands in answers and in the metadata event."""
    return {"inputTokens": input_tokens, "outputTokens": output_tokens, "totalTokens": input_tokens + output_tokens}


def metrics_since(began: float) -> dict[str, int]:
    """`began`: monotonic seconds."""
    return {"latencyMs": max(1, round(1000 * (time.monotonic() - began)))}


def _arguments(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text.strip() else {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ModelError("The model's tool call holds no JSON object.")
    return value
