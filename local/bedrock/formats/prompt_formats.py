"""Formats of one prompt string: Titan Text, Claude's text completions, Llama, Mistral; a table says what differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.bedrock.brain import Brain, Prompt
from local.bedrock.errors import ValidationError
from local.bedrock.formats.body_format import NUMBER, Body, Field, ModelAnswer, check_fields
from local.bedrock.formats.invocation_metrics import invocation_metrics
from local.bedrock.formats.prompt_dialogue import read_dialogue
from local.bedrock.generation import Generation
from local.bedrock.model_directory import Model
from local.bedrock.prompt_tokens import prompt_tokens

Answer = Callable[[str, Generation, int], dict[str, Any]]
_TEMPERATURE = Field(NUMBER, minimum=0, maximum=1)
_TOKENS = Field((int,), minimum=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFormat:
    """`prompt`, `limit`, `stops`: the fields' names; `group`: the object that holds the parameters, if any."""

    prompt: str
    limit: str
    default_limit: int
    stops: str | None
    parameters: Mapping[str, Field]
    whole: Answer
    piece: Answer
    group: str | None = None

    def answer(self, body: Body, model: Model, brain: Brain) -> ModelAnswer:
        """The format's whole answer."""
        prompt, tokens = self._read(body, model, brain)
        generation = Generation(brain.answer(prompt, streamed=False), prompt, brain.count_tokens)
        text = "".join(generation)
        return ModelAnswer(self.whole(text, generation, tokens), tokens, generation.output_tokens)

    def events(self, body: Body, model: Model, brain: Brain) -> Iterator[dict[str, Any]]:
        """One event for each piece; the last carries the stop reason and Bedrock's metrics."""
        began = time.monotonic()
        prompt, tokens = self._read(body, model, brain)
        generation = Generation(brain.answer(prompt, streamed=True), prompt, brain.count_tokens)
        waited = None
        for piece in generation:
            waited = waited if waited is not None else time.monotonic() - began
            yield _unfinished(self.piece(piece, generation, tokens))
        metrics = invocation_metrics(tokens, generation.output_tokens, began, waited or 0)
        yield {**self.piece("", generation, tokens), "amazon-bedrock-invocationMetrics": metrics}

    def _read(self, body: Body, model: Model, brain: Brain) -> tuple[Prompt, int]:
        prompt_field = {self.prompt: Field((str,), required=True)}
        if self.group:
            check_fields(body, {**prompt_field, self.group: Field((dict,))})
            given: Mapping[str, Any] = body.get(self.group) or {}
            check_fields(given, self.parameters, inside=self.group)
        else:
            check_fields(body, {**prompt_field, **self.parameters})
            given = body
        if not body[self.prompt].strip():
            raise ValidationError(f"Malformed input request: #/{self.prompt}: a text is expected, not blanks.")
        system, turns = read_dialogue(body[self.prompt])
        stops = given.get(self.stops) if self.stops else None
        limit = given.get(self.limit) or self.default_limit
        stop_sequences = tuple(stop for stop in stops or () if isinstance(stop, str))
        prompt = Prompt(
            model_id=model.model_id, turns=turns, system=system, max_tokens=limit, stop_sequences=stop_sequences
        )
        return prompt, prompt_tokens(prompt, brain)


def _unfinished(event: dict[str, Any]) -> dict[str, Any]:
    """Reasons to stop are null until the last event."""
    open_event = {name: None if name in {"stop_reason", "completionReason"} else event[name] for name in event}
    if "outputs" in event:
        open_event["outputs"] = [{**output, "stop_reason": None} for output in event["outputs"]]
    return open_event


def _titan_reason(generation: Generation) -> str:
    return "LENGTH" if generation.stop_reason == "max_tokens" else "FINISH"


def _short_reason(generation: Generation) -> str:
    return "length" if generation.stop_reason == "max_tokens" else "stop"


TITAN_TEXT = PromptFormat(
    prompt="inputText",
    group="textGenerationConfig",
    limit="maxTokenCount",
    default_limit=512,
    stops="stopSequences",
    parameters={
        "maxTokenCount": _TOKENS,
        "stopSequences": Field((list,)),
        "temperature": _TEMPERATURE,
        "topP": _TEMPERATURE,
    },
    whole=lambda text, generation, tokens: {
        "inputTextTokenCount": tokens,
        "results": [
            {
                "tokenCount": generation.output_tokens,
                "outputText": text,
                "completionReason": _titan_reason(generation),
            }
        ],
    },
    piece=lambda text, generation, tokens: {
        "outputText": text,
        "index": 0,
        "totalOutputTextTokenCount": generation.output_tokens,
        "completionReason": _titan_reason(generation),
        "inputTextTokenCount": tokens,
    },
)

CLAUDE_TEXT = PromptFormat(
    prompt="prompt",
    limit="max_tokens_to_sample",
    default_limit=200,
    stops="stop_sequences",
    parameters={
        "max_tokens_to_sample": Field((int,), required=True, minimum=1),
        "stop_sequences": Field((list,)),
        "temperature": _TEMPERATURE,
        "top_p": _TEMPERATURE,
        "top_k": Field((int,), minimum=0),
        "anthropic_version": Field((str,)),
    },
    whole=lambda text, generation, tokens: {
        "type": "completion",
        "completion": text,
        "stop_reason": "max_tokens" if generation.stop_reason == "max_tokens" else "stop_sequence",
        "stop": generation.stop_sequence or "\n\nHuman:",
    },
    piece=lambda text, generation, tokens: {
        "type": "completion",
        "completion": text,
        "stop_reason": "max_tokens" if generation.stop_reason == "max_tokens" else "stop_sequence",
    },
)

LLAMA = PromptFormat(
    prompt="prompt",
    limit="max_gen_len",
    default_limit=512,
    stops=None,
    parameters={"max_gen_len": _TOKENS, "temperature": _TEMPERATURE, "top_p": _TEMPERATURE, "images": Field((list,))},
    whole=lambda text, generation, tokens: {
        "generation": text,
        "prompt_token_count": tokens,
        "generation_token_count": generation.output_tokens,
        "stop_reason": _short_reason(generation),
    },
    piece=lambda text, generation, tokens: {
        "generation": text,
        "prompt_token_count": tokens,
        "generation_token_count": generation.output_tokens,
        "stop_reason": _short_reason(generation),
    },
)

MISTRAL = PromptFormat(
    prompt="prompt",
    limit="max_tokens",
    default_limit=512,
    stops="stop",
    parameters={
        "max_tokens": _TOKENS,
        "stop": Field((list,)),
        "temperature": _TEMPERATURE,
        "top_p": _TEMPERATURE,
        "top_k": Field((int,), minimum=0),
    },
    whole=lambda text, generation, tokens: {"outputs": [{"text": text, "stop_reason": _short_reason(generation)}]},
    piece=lambda text, generation, tokens: {"outputs": [{"text": text, "stop_reason": _short_reason(generation)}]},
)
