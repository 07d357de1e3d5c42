"""Amazon Nova's native format: Converse's messages under schema `messages-v1`."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterator, Mapping
from typing import Any

from local.bedrock.brain import Brain, Prompt, Turn
from local.bedrock.content_blocks import parts_of
from local.bedrock.conversation_rules import check_conversation, check_output_limit
from local.bedrock.errors import ValidationError
from local.bedrock.formats.body_format import NUMBER, Body, Field, ModelAnswer, check_fields
from local.bedrock.formats.invocation_metrics import invocation_metrics
from local.bedrock.generation import Generation
from local.bedrock.model_directory import Model
from local.bedrock.prompt_tokens import prompt_tokens

_BODY = {
    "schemaVersion": Field((str,)),
    "messages": Field((list,), required=True),
    "system": Field((list,)),
    "inferenceConfig": Field((dict,)),
    "toolConfig": Field((dict,)),
    "reasoningConfig": Field((dict,)),
}
_INFERENCE = {
    "maxTokens": Field((int,), minimum=1),
    "max_new_tokens": Field((int,), minimum=1),
    "temperature": Field(NUMBER, minimum=0, maximum=1),
    "topP": Field(NUMBER, minimum=0, maximum=1),
    "top_p": Field(NUMBER, minimum=0, maximum=1),
    "topK": Field((int,), minimum=0),
    "top_k": Field((int,), minimum=0),
    "stopSequences": Field((list,)),
}


class NovaMessages:
    """https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html"""

    def answer(self, body: Body, model: Model, brain: Brain) -> ModelAnswer:
        """One message and its usage."""
        prompt, tokens = _read(body, model, brain)
        generation = Generation(brain.answer(prompt, streamed=False), prompt, brain.count_tokens)
        message = {"role": "assistant", "content": [{"text": "".join(generation)}]}
        answer = {
            "output": {"message": message},
            "stopReason": generation.stop_reason,
            "usage": _usage(tokens, generation.output_tokens),
        }
        return ModelAnswer(answer, tokens, generation.output_tokens)

    def events(self, body: Body, model: Model, brain: Brain) -> Iterator[dict[str, Any]]:
        """Converse's events, each a chunk of its own."""
        began = time.monotonic()
        prompt, tokens = _read(body, model, brain)
        generation = Generation(brain.answer(prompt, streamed=True), prompt, brain.count_tokens)
        pieces = iter(generation)
        first = next(pieces, "")
        waited = time.monotonic() - began
        yield {"messageStart": {"role": "assistant"}}
        yield _delta(first)
        yield from (_delta(piece) for piece in pieces)
        yield {"contentBlockStop": {"contentBlockIndex": 0}}
        yield {"messageStop": {"stopReason": generation.stop_reason}}
        metrics = invocation_metrics(tokens, generation.output_tokens, began, waited)
        yield {
            "metadata": {"usage": _usage(tokens, generation.output_tokens), "metrics": {}, "trace": {}},
            "amazon-bedrock-invocationMetrics": metrics,
        }


def _delta(text: str) -> dict[str, Any]:
    return {"contentBlockDelta": {"delta": {"text": text}, "contentBlockIndex": 0}}


def _usage(input_tokens: int, output_tokens: int) -> dict[str, int]:
    return {"inputTokens": input_tokens, "outputTokens": output_tokens, "totalTokens": input_tokens + output_tokens}


def _read(body: Body, model: Model, brain: Brain) -> tuple[Prompt, int]:
    check_fields(body, _BODY)
    inference = body.get("inferenceConfig") or {}
    check_fields(inference, _INFERENCE, inside="inferenceConfig")
    messages = [_message(message, index) for index, message in enumerate(body["messages"])]
    system = [_block(block, "system") for block in body.get("system") or ()]
    check_conversation(messages, system, model)
    limit = inference.get("maxTokens", inference.get("max_new_tokens"))
    check_output_limit(limit, model)
    prompt = Prompt(
        model_id=model.model_id,
        turns=tuple(Turn(message["role"], parts_of(message["content"])) for message in messages),
        system="\n\n".join(part.text for part in parts_of(system)),
        max_tokens=limit,
        temperature=inference.get("temperature"),
        top_p=inference.get("topP", inference.get("top_p")),
        stop_sequences=tuple(inference.get("stopSequences") or ()),
    )
    return prompt, prompt_tokens(prompt, brain)


def _message(message: Any, index: int) -> dict[str, Any]:
    place = f"messages.{index}"
    if not isinstance(message, Mapping) or message.get("role") not in {"user", "assistant"}:
        raise ValidationError(f"Malformed input request: #/{place}/role: user or assistant is expected.")
    if not isinstance(message.get("content"), list):
        raise ValidationError(f"Malformed input request: #/{place}/content: expected type: array")
    return {"role": message["role"], "content": [_block(block, place) for block in message["content"]]}


def _block(block: Any, place: str) -> dict[str, Any]:
    if not isinstance(block, Mapping) or len(block) != 1:
        raise ValidationError(f"Malformed input request: #/{place}: a content block has exactly one kind.")
    ((kind, value),) = block.items()
    if kind == "text" and not isinstance(value, str):
        raise ValidationError(f"Malformed input request: #/{place}/text: expected type: string")
    return {kind: _decoded(value, place) if kind == "document" else value}


def _decoded(document: Any, place: str) -> dict[str, Any]:
    try:
        data = base64.b64decode(document["source"]["bytes"], validate=True)
        return {"name": document.get("name", "document"), "format": document["format"], "source": {"bytes": data}}
    except (KeyError, TypeError, AttributeError, binascii.Error):
        raise ValidationError(f"Malformed input request: #/{place}/document is not readable.") from None
