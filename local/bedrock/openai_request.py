"""A prompt as the body of `/v1/chat/completions`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from local.bedrock.brain import Part, Prompt, Tool, ToolCall, Turn


def chat_request(prompt: Prompt) -> dict[str, Any]:
    """Everything but `model` and `stream`; what the prompt leaves open is left out."""
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    messages = [message for turn in prompt.turns for message in _messages(turn)]
    optional = {
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "top_p": prompt.top_p,
        "stop": list(prompt.stop_sequences) or None,
        "response_format": _response_format(prompt),
        "tools": [_tool(tool) for tool in prompt.tools] or None,
        "tool_choice": _tool_choice(prompt),
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return {"messages": [*system, *messages], **given}


def _messages(turn: Turn) -> Iterator[dict[str, Any]]:
    """Results of tools are messages of their own there, before what else the user says."""
    said = [part for part in turn.parts if part.call is None and not part.answers]
    for part in turn.parts:
        if part.answers:
            yield {"role": "tool", "tool_call_id": part.answers, "content": part.text}
    calls = [_call(part.call) for part in turn.parts if part.call is not None]
    if calls:
        yield {"role": turn.role, "content": _text_of(said) or None, "tool_calls": calls}
    elif said or not turn.parts:
        yield {"role": turn.role, "content": _text_of(said)}


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.tool_use_id, "type": "function", "function": function}


def _tool(tool: Tool) -> dict[str, Any]:
    described = {"description": tool.description} if tool.description else {}
    return {"type": "function", "function": {"name": tool.name, **described, "parameters": dict(tool.schema)}}


def _tool_choice(prompt: Prompt) -> Any:
    if not prompt.tools or prompt.tool_choice == "auto":
        return None
    if prompt.tool_choice == "any":
        return "required"
    return {"type": "function", "function": {"name": prompt.tool_choice}}


def _text_of(parts: Sequence[Part]) -> str:
    """Documents inside tags, so that the model tells them from what is asked."""
    return "\n\n".join(f"<document>\n{part.text}\n</document>" if part.material else part.text for part in parts)


def _response_format(prompt: Prompt) -> dict[str, Any] | None:
    if prompt.schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(prompt.schema)}}
