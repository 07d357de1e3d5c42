"""Reads Converse's parameters into a prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local.bedrock.brain import Prompt, Tool, Turn
from local.bedrock.content_blocks import parts_of
from local.bedrock.schema_request import schema_of

Parameters = Mapping[str, Any]


def read_converse_prompt(given: Parameters, messages: Sequence[Parameters], system: Sequence[Parameters]) -> Prompt:
    """`messages` and `system` stand for those of `given`: a guardrail may have changed them."""
    late_system = [block for message in messages if message["role"] == "system" for block in message["content"]]
    inference = given.get("inferenceConfig", {})
    tools = given.get("toolConfig", {})
    return Prompt(
        model_id=given["modelId"],
        turns=tuple(
            Turn(message["role"], parts_of(message["content"])) for message in messages if message["role"] != "system"
        ),
        system="\n\n".join(part.text for part in parts_of([*system, *late_system])),
        schema=schema_of(given.get("outputConfig", {})),
        max_tokens=inference.get("maxTokens"),
        temperature=inference.get("temperature"),
        top_p=inference.get("topP"),
        stop_sequences=tuple(inference.get("stopSequences", ())),
        tools=tuple(_tool(each["toolSpec"]) for each in tools.get("tools", ()) if "toolSpec" in each),
        tool_choice=_choice(tools.get("toolChoice", {})),
    )


def _tool(spec: Parameters) -> Tool:
    return Tool(spec["name"], spec.get("description", ""), spec["inputSchema"].get("json") or {"type": "object"})


def _choice(choice: Parameters) -> str:
    named = choice.get("tool")
    return str(named["name"]) if named else "any" if "any" in choice else "auto"
