"""Converse and ConverseStream, with the guardrail that a request names."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.bedrock.brain import Brain, Prompt
from local.bedrock.conversation_rules import check_conversation, check_inference, check_window
from local.bedrock.converse_answer import block_stop, delta, metrics_since, tool_blocks, tool_events, usage_of
from local.bedrock.converse_prompt import read_converse_prompt
from local.bedrock.errors import ValidationError
from local.bedrock.generation import Generation
from local.bedrock.guardrails.assessment import Assessor
from local.bedrock.guardrails.directory import GuardrailDirectory
from local.bedrock.guardrails.guarded_call import GuardedCall, guarded_call
from local.bedrock.model_directory import ModelDirectory
from local.bedrock.prompt_tokens import prompt_tokens

Parameters = Mapping[str, Any]
INTERVENED = "guardrail_intervened"


@dataclass(frozen=True, slots=True)
class _Call:
    """A checked request: the prompt as the model may see it, its tokens, and its guardrail."""

    prompt: Prompt
    input_tokens: int
    guard: GuardedCall | None


class ConverseApi:
    """From checked parameters to results and events."""

    def __init__(self, brain: Brain, models: ModelDirectory, guardrails: GuardrailDirectory) -> None:
        self._brain = brain
        self._models = models
        self._guardrails = guardrails

    def converse(self, given: Parameters) -> dict[str, Any]:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html"""
        began = time.monotonic()
        call = self._call(given, streamed=False)
        if call.guard and call.guard.blocked_input:
            # Bedrock asks no model, and so bills no token.
            content, stop, used = [{"text": call.guard.policy.blocked_input}], INTERVENED, usage_of(0, 0)
        else:
            content, stop, used = self._answer(call)
        result: dict[str, Any] = {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": stop,
            "usage": used,
            "metrics": metrics_since(began),
            "additionalModelResponseFields": self._signature(),
        }
        return {**result, **_trace(call.guard)}

    def events(self, given: Parameters) -> Iterator[dict[str, Any]]:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html"""
        return self._events(self._call(given, streamed=True))

    def count_tokens(self, given: Parameters) -> int:
        """Input tokens of a request."""
        return self._call({"messages": [], **given}, streamed=False).input_tokens

    def _answer(self, call: _Call) -> tuple[list[dict[str, Any]], str, dict[str, int]]:
        generation = self._generation(call.prompt, streamed=False)
        text = "".join(generation)
        content = tool_blocks(generation.tool_pieces())
        shown = call.guard.whole(text) if call.guard and text else text
        stop = generation.stop_reason
        if call.guard and call.guard.intervened:
            content, stop = [], INTERVENED
        written = [{"text": shown}] if shown or not content else []
        return [*written, *content], stop, usage_of(call.input_tokens, generation.output_tokens)

    def _events(self, call: _Call) -> Iterator[dict[str, Any]]:
        began = time.monotonic()
        if call.guard and call.guard.blocked_input:
            yield {"messageStart": {"role": "assistant"}}
            yield delta(call.guard.policy.blocked_input)
            yield block_stop(0)
            yield from self._ending(INTERVENED, usage_of(0, 0), began, call.guard)
            return
        generation = self._generation(call.prompt, streamed=True)
        text = iter(generation)
        pieces = call.guard.stream(text) if call.guard else text
        first = next(pieces, "")  # before messageStart: a brain that cannot answer at all is an HTTP error
        yield {"messageStart": {"role": "assistant"}}
        yield from self._content(first, pieces, generation, call.guard)
        intervened = call.guard is not None and call.guard.intervened
        said = call.guard.said if call.guard else ""
        output_tokens = generation.output_tokens or (self._brain.count_tokens(said) if said else 0)
        stop = INTERVENED if intervened else generation.stop_reason
        yield from self._ending(stop, usage_of(call.input_tokens, output_tokens), began, call.guard)

    def _content(
        self, first: str, pieces: Iterator[str], generation: Generation, guard: GuardedCall | None
    ) -> Iterator[dict[str, Any]]:
        tools = iter(())  # type: Iterator[dict[str, Any]]
        if not first:
            tools = tool_events(generation.tool_pieces(), 0)
            opening = next(tools, None)
            if opening is not None:
                yield opening
                yield from tools
                return
        yield delta(first)
        yield from (delta(piece) for piece in pieces)
        yield block_stop(0)
        if not (guard and guard.intervened):
            yield from tool_events(generation.tool_pieces(), 1)

    def _ending(
        self, stop: str, used: dict[str, int], began: float, guard: GuardedCall | None
    ) -> Iterator[dict[str, Any]]:
        yield {"messageStop": {"stopReason": stop, "additionalModelResponseFields": self._signature()}}
        yield {"metadata": {"usage": used, "metrics": metrics_since(began), **_trace(guard)}}

    def _call(self, given: Parameters, *, streamed: bool) -> _Call:
        model = self._models.find(given["modelId"])
        if model.embeds:
            raise ValidationError("This action doesn't support the model that you provided. Try again with a "
                                  "supported text or chat model.")  # fmt: skip
        messages, system = given.get("messages", []), given.get("system", [])
        check_conversation(messages, system, model)
        check_inference(given.get("inferenceConfig", {}), given.get("additionalModelRequestFields") or {}, model)
        if "textFormat" in given.get("outputConfig", {}) and model.refuses("native_schema"):
            raise ValidationError("output_config.format: Extra inputs are not permitted")
        guard = self._guard(given.get("guardrailConfig") or {}, streamed=streamed)
        if guard:
            messages, system = guard.incoming(messages, system)
        prompt = read_converse_prompt(given, messages, system)
        tokens = prompt_tokens(prompt, self._brain)
        check_window(tokens, model)
        return _Call(prompt, tokens, guard)

    def _guard(self, config: Parameters, *, streamed: bool) -> GuardedCall | None:
        identifier, version = config.get("guardrailIdentifier", ""), config.get("guardrailVersion", "")
        if not identifier and not version:
            return None
        assessor = Assessor(self._guardrails.policy(identifier, version), self._brain.embed)
        return guarded_call(assessor, config, streamed=streamed)

    def _generation(self, prompt: Prompt, *, streamed: bool) -> Generation:
        return Generation(self._brain.answer(prompt, streamed=streamed), prompt, self._brain.count_tokens)

    def _signature(self) -> dict[str, Any]:
        return {"quarry_local": {"brain": self._brain.name, "version": self._brain.version}}


def _trace(guard: GuardedCall | None) -> dict[str, Any]:
    written = guard.trace() if guard else None
    return {"trace": {"guardrail": written}} if written else {}
