"""A record that was cut at its token limit is asked again with a higher one: at the same limit it is cut again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CUT = "answer_cut"


def with_more_room(model_input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Converse body with twice its `maxTokens`; one without a limit stays as it is."""
    inference = model_input.get("inferenceConfig")
    if not inference or "maxTokens" not in inference:
        return model_input
    return {**model_input, "inferenceConfig": {**inference, "maxTokens": 2 * inference["maxTokens"]}}
