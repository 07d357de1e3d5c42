"""The operations of `bedrock-runtime`, from decoded parameters to results and events."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from local.bedrock.brain import Brain, Prompt, Turn
from local.bedrock.content_blocks import parts_of
from local.bedrock.conversation_rules import check_conversation, check_inference, check_window
from local.bedrock.errors import ValidationError
from local.bedrock.formats import format_of
from local.bedrock.generation import Generation
from local.bedrock.model_directory import ModelDirectory
from local.bedrock.prompt_tokens import prompt_tokens
from local.bedrock.request_shape import operation, read_json, read_parameters
from local.bedrock.response_shape import HttpAnswer, write_events, write_result
from local.bedrock.schema_request import schema_of

SERVICE = "bedrock-runtime"
Parameters = Mapping[str, Any]


class RuntimeApi:
    """Answers Converse, ConverseStream, InvokeModel, InvokeModelWithResponseStream and CountTokens."""

    def __init__(self, brain: Brain, models: ModelDirectory) -> None:
        self._brain = brain
        self._models = models

    def converse(self, model_id: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html"""
        began = time.monotonic()
        model = operation(SERVICE, "Converse")
        prompt, input_tokens = self._prompt(read_parameters(model, {**read_json(body), "modelId": model_id}))
        generation = self._generation(prompt, streamed=False)
        text = "".join(generation)
        result = {
            "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
            "stopReason": generation.stop_reason,
            **_metadata(input_tokens, generation.output_tokens, began),
            "additionalModelResponseFields": self._signature(),
        }
        return write_result(model, result, self._headers())

    def converse_stream(self, model_id: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html"""
        model = operation(SERVICE, "ConverseStream")
        prompt, input_tokens = self._prompt(read_parameters(model, {**read_json(body), "modelId": model_id}))
        return write_events(model, self._converse_events(prompt, input_tokens), self._headers())

    def invoke_model(self, model_id: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html"""
        began = time.monotonic()
        model = operation(SERVICE, "InvokeModel")
        read_parameters(model, {"modelId": model_id})
        found = self._models.find(model_id)
        answer = format_of(found, body).answer(read_json(body), found, self._brain)
        written = json.dumps(answer.body, ensure_ascii=False).encode()
        counts = {
            "X-Amzn-Bedrock-Invocation-Latency": str(_milliseconds(began)),
            "X-Amzn-Bedrock-Input-Token-Count": str(answer.input_tokens),
            "X-Amzn-Bedrock-Output-Token-Count": str(answer.output_tokens),
        }
        result = {"body": written, "contentType": "application/json"}
        return write_result(model, result, {**counts, **self._headers()})

    def invoke_model_with_response_stream(self, model_id: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html"""
        model = operation(SERVICE, "InvokeModelWithResponseStream")
        read_parameters(model, {"modelId": model_id})
        found = self._models.find(model_id)
        events = format_of(found, body).events(read_json(body), found, self._brain)
        chunks = ({"chunk": {"bytes": json.dumps(event, ensure_ascii=False).encode()}} for event in events)
        return write_events(model, chunks, {"X-Amzn-Bedrock-Content-Type": "application/json", **self._headers()})

    def count_tokens(self, model_id: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html"""
        model = operation(SERVICE, "CountTokens")
        given = read_parameters(model, {**read_json(body), "modelId": model_id})["input"]
        if "converse" in given:
            _, tokens = self._prompt({"messages": [], **given["converse"], "modelId": model_id})
        else:
            tokens = self._brain.count_tokens(given["invokeModel"]["body"].decode("utf-8", errors="replace"))
        return write_result(model, {"inputTokens": tokens}, self._headers())

    def _prompt(self, given: Parameters) -> tuple[Prompt, int]:
        """The checked prompt and its input tokens."""
        model = self._models.find(given["modelId"])
        if model.embeds:
            raise ValidationError("This action doesn't support the model that you provided. Try again with a "
                                  "supported text or chat model.")  # fmt: skip
        messages, system = given.get("messages", []), given.get("system", [])
        check_conversation(messages, system, model)
        inference = given.get("inferenceConfig", {})
        check_inference(inference, given.get("additionalModelRequestFields") or {}, model)
        if "textFormat" in given.get("outputConfig", {}) and model.refuses("native_schema"):
            raise ValidationError("output_config.format: Extra inputs are not permitted")
        prompt = _read_prompt(given, messages, system, inference)
        tokens = prompt_tokens(prompt, self._brain)
        check_window(tokens, model)
        return prompt, tokens

    def _generation(self, prompt: Prompt, *, streamed: bool) -> Generation:
        return Generation(self._brain.answer(prompt, streamed=streamed), prompt, self._brain.count_tokens)

    def _converse_events(self, prompt: Prompt, input_tokens: int) -> Iterator[dict[str, Any]]:
        began = time.monotonic()
        generation = self._generation(prompt, streamed=True)
        pieces = iter(generation)
        first = next(pieces, "")  # before messageStart: a brain that cannot answer at all is an HTTP error
        yield {"messageStart": {"role": "assistant"}}
        yield _delta(first)
        yield from (_delta(piece) for piece in pieces)
        yield {"contentBlockStop": {"contentBlockIndex": 0}}
        stop = {"stopReason": generation.stop_reason, "additionalModelResponseFields": self._signature()}
        yield {"messageStop": stop}
        yield {"metadata": _metadata(input_tokens, generation.output_tokens, began)}

    def _signature(self) -> dict[str, Any]:
        return {"quarry_local": {"brain": self._brain.name, "version": self._brain.version}}

    def _headers(self) -> dict[str, str]:
        return {"x-quarry-local-brain": self._brain.name}


def _read_prompt(given: Parameters, messages: list[Any], system: list[Any], inference: Parameters) -> Prompt:
    late_system = [block for message in messages if message["role"] == "system" for block in message["content"]]
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
    )


def _delta(text: str) -> dict[str, Any]:
    return {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": text}}}


def _metadata(input_tokens: int, output_tokens: int, began: float) -> dict[str, Any]:
    usage = {"inputTokens": input_tokens, "outputTokens": output_tokens, "totalTokens": input_tokens + output_tokens}
    return {"usage": usage, "metrics": {"latencyMs": _milliseconds(began)}}


def _milliseconds(began: float) -> int:
    return max(1, round(1000 * (time.monotonic() - began)))
