"""The checks of Anthropic's Messages body, in Anthropic's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.bedrock.errors import ValidationError
from local.bedrock.formats.body_format import NUMBER, Body
from local.bedrock.model_directory import Model

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "anthropic_version": ((str,), "string"),
    "max_tokens": ((int,), "integer"),
    "messages": ((list,), "array"),
    "system": ((str, list), "string or array"),
    "temperature": (NUMBER, "number"),
    "top_p": (NUMBER, "number"),
    "top_k": ((int,), "integer"),
    "stop_sequences": ((list,), "array"),
    "tools": ((list,), "array"),
    "tool_choice": ((dict,), "object"),
    "thinking": ((dict,), "object"),
    "metadata": ((dict,), "object"),
    "anthropic_beta": ((list,), "array"),
    "context_management": ((dict,), "object"),
    "output_config": ((dict,), "object"),
}
_REQUIRED = ("anthropic_version", "max_tokens", "messages")
_BLOCKS = {"text": "text", "image": "source", "document": "source", "tool_use": "input", "tool_result": "tool_use_id",
           "thinking": "thinking", "redacted_thinking": "data", "search_result": "content"}  # fmt: skip


def check_claude_body(body: Body, model: Model) -> None:
    """Raises `ValidationError` that names the field."""
    for name in _REQUIRED:
        if body.get(name) is None:
            raise ValidationError(f"{name}: Field required")
    for name, value in body.items():
        if name not in _TYPES:
            raise ValidationError(f"{name}: Extra inputs are not permitted")
        types, wanted = _TYPES[name]
        if value is not None and (not isinstance(value, types) or isinstance(value, bool)):
            raise ValidationError(f"{name}: Input should be a valid {wanted}")
    if body["max_tokens"] < 1:
        raise ValidationError("max_tokens: Input should be greater than or equal to 1")
    for name in ("temperature", "top_p"):
        if not 0 <= (body.get(name) or 0) <= 1:
            raise ValidationError(f"{name}: range: 0..1")
    if not all(isinstance(stop, str) and stop.strip() for stop in body.get("stop_sequences") or ()):
        raise ValidationError("stop_sequences: each stop sequence must contain non-whitespace")
    _check_messages(body["messages"], model)
    if isinstance(body.get("system"), list):
        _check_blocks(body["system"], "system")


def _check_messages(messages: list[Any], model: Model) -> None:
    """Consecutive turns of one role are allowed here: Anthropic's own API joins them."""
    if not messages:
        raise ValidationError("messages: at least one message is required")
    for index, message in enumerate(messages):
        place = f"messages.{index}"
        if not isinstance(message, dict) or message.get("role") not in {"user", "assistant"}:
            raise ValidationError(f"{place}.role: Input should be 'user' or 'assistant'")
        content = message.get("content")
        if not isinstance(content, str | list):
            raise ValidationError(f"{place}.content: Field required")
        if not content or (isinstance(content, str) and not content.strip()):
            raise ValidationError(f"{place}: all messages must have non-empty content")
        if isinstance(content, list):
            _check_blocks(content, f"{place}.content")
    if messages[0]["role"] != "user":
        raise ValidationError('messages: first message must use the "user" role')
    if messages[-1]["role"] == "assistant" and model.refuses("prefill"):
        raise ValidationError("This model does not support assistant message prefill. The conversation must end with "
                              "a user message.")  # fmt: skip


def _check_blocks(blocks: list[Any], place: str) -> None:
    for index, block in enumerate(blocks):
        kind = block.get("type") if isinstance(block, Mapping) else None
        if kind not in _BLOCKS:
            raise ValidationError(f"{place}.{index}: Input tag '{kind}' found using 'type' does not match any of the "
                                  f"expected tags: {', '.join(_BLOCKS)}")  # fmt: skip
        if _BLOCKS[kind] not in block:
            raise ValidationError(f"{place}.{index}.{kind}.{_BLOCKS[kind]}: Field required")
        if kind == "text" and (not isinstance(block["text"], str) or not block["text"].strip()):
            raise ValidationError(f"{place}.{index}: text content blocks must be non-empty")
