"""Anthropic's Messages format, whole and streamed."""

from __future__ import annotations

import base64
import binascii
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from local.bedrock.brain import Brain, Part, Prompt, Turn
from local.bedrock.content_blocks import parts_of
from local.bedrock.conversation_rules import check_output_limit, check_sampling, check_window
from local.bedrock.errors import ValidationError
from local.bedrock.formats.body_format import Body, ModelAnswer
from local.bedrock.formats.claude_fields import check_claude_body
from local.bedrock.formats.invocation_metrics import invocation_metrics
from local.bedrock.generation import Generation
from local.bedrock.model_directory import Model
from local.bedrock.prompt_tokens import prompt_tokens


class ClaudeMessages:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html"""

    def answer(self, body: Body, model: Model, brain: Brain) -> ModelAnswer:
        """One message."""
        prompt, tokens = _read(body, model, brain)
        generation = Generation(brain.answer(prompt, streamed=False), prompt, brain.count_tokens)
        text = "".join(generation)
        message = {
            **_message(model),
            "content": [{"type": "text", "text": text}],
            "stop_reason": generation.stop_reason,
            "stop_sequence": generation.stop_sequence,
            "usage": {"input_tokens": tokens, "output_tokens": generation.output_tokens},
        }
        return ModelAnswer(message, tokens, generation.output_tokens)

    def events(self, body: Body, model: Model, brain: Brain) -> Iterator[dict[str, Any]]:
        """The events of Anthropic's stream; Bedrock adds its metrics to the last one."""
        began = time.monotonic()
        prompt, tokens = _read(body, model, brain)
        generation = Generation(brain.answer(prompt, streamed=True), prompt, brain.count_tokens)
        pieces = iter(generation)
        first = next(pieces, "")
        waited = time.monotonic() - began
        start = {**_message(model), "content": [], "stop_reason": None, "stop_sequence": None}
        yield {"type": "message_start", "message": {**start, "usage": {"input_tokens": tokens, "output_tokens": 1}}}
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        yield _delta(first)
        yield from (_delta(piece) for piece in pieces)
        yield {"type": "content_block_stop", "index": 0}
        stop = {"stop_reason": generation.stop_reason, "stop_sequence": generation.stop_sequence}
        yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": generation.output_tokens}}
        metrics = invocation_metrics(tokens, generation.output_tokens, began, waited)
        yield {"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics}


def _message(model: Model) -> dict[str, Any]:
    return {"id": f"msg_bdrk_{uuid.uuid4().hex}", "type": "message", "role": "assistant", "model": model.model_id}


def _delta(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def _read(body: Body, model: Model, brain: Brain) -> tuple[Prompt, int]:
    check_claude_body(body, model)
    check_sampling({name: body.get(name) for name in ("temperature", "top_p", "top_k")}, model)
    check_output_limit(body["max_tokens"], model)
    prompt = Prompt(
        model_id=model.model_id,
        turns=tuple(Turn(message["role"], _parts(message["content"])) for message in body["messages"]),
        system="\n\n".join(part.text for part in _parts(body.get("system") or "")),
        max_tokens=body["max_tokens"],
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        stop_sequences=tuple(body.get("stop_sequences") or ()),
    )
    tokens = prompt_tokens(prompt, brain)
    check_window(tokens, model)
    return prompt, tokens


def _parts(content: str | list[Any]) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (Part(content),)
    return tuple(part for block in content for part in _block(block))


def _block(block: Mapping[str, Any]) -> tuple[Part, ...]:
    """Anthropic's blocks in Converse's form, so that one reader serves both."""
    kind = block["type"]
    if kind == "text":
        return (Part(block["text"]),)
    if kind == "document":
        return parts_of([{"document": _document(block)}])
    if kind == "image":
        return parts_of([{"image": {}}])
    if kind == "tool_result":
        return tuple(Part(part.text, material=True) for part in _parts(block.get("content") or ""))
    return (Part(json.dumps(block["input"], ensure_ascii=False)),) if kind == "tool_use" else ()


def _document(block: Mapping[str, Any]) -> dict[str, Any]:
    source = block.get("source") or {}
    name = str(block.get("title") or "document")
    data = str(source.get("data", ""))
    if source.get("type") == "text":
        return {"name": name, "source": {"text": data}}
    try:
        return {"name": name, "format": "pdf", "source": {"bytes": base64.b64decode(data, validate=True)}}
    except binascii.Error:
        raise ValidationError("messages: document source data is not valid base64") from None
