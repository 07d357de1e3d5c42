"""Answers one record by the same code that answers Converse and InvokeModel, without HTTP."""

from __future__ import annotations

import hashlib
import json
import traceback
from dataclasses import dataclass
from functools import cache
from typing import Any

from local.bedrock.converse_api import ConverseApi
from local.bedrock.errors import BedrockError, InternalServerError, ValidationError
from local.bedrock.formats import format_of
from local.bedrock.guardrails.guarded_bodies import GuardedBodies
from local.bedrock.model_directory import Model
from local.bedrock.request_shape import operation, read_parameters

# https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html: no tool calling, no structured output.
# A guardrail has no place in a batch job either; where a record names one nothing would be guarded.
_REFUSED = {
    "Converse": ("toolConfig", "outputConfig", "guardrailConfig"),
    "InvokeModel": ("tools", "tool_choice", "toolConfig", "response_format", "output_config"),
}


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """`output` is the record's `modelOutput`; where it is None, `error` stands for it."""

    output: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    input_tokens: int = 0
    output_tokens: int = 0


class RecordAnswers:
    """One for each job: records that ask the same are answered once."""

    def __init__(self, conversations: ConverseApi, bodies: GuardedBodies, model: Model, kind: str) -> None:
        """`kind`: the job's modelInvocationType."""
        self._conversations, self._bodies, self._model = conversations, bodies, model
        self._kind = kind
        self._answer = self._converse if kind == "Converse" else self._invoke
        self._known: dict[bytes, RecordAnswer] = {}

    def answer(self, model_input: dict[str, Any]) -> RecordAnswer:
        """Errors of the record are part of the answer, with their HTTP status as code."""
        key = hashlib.blake2b(json.dumps(model_input, sort_keys=True).encode(), digest_size=16).digest()
        found = self._known.get(key)
        if found is None:
            try:
                self._check(model_input)
                found = self._answer(model_input)
            except BedrockError as error:
                found = _failed(error)
            except Exception as error:
                traceback.print_exc()  # a defect of ours costs one record, as a broken model host does on AWS
                found = _failed(InternalServerError(f"The local Bedrock failed: {type(error).__name__}"))
            self._known[key] = found
        return found

    def _check(self, model_input: dict[str, Any]) -> None:
        for name in _REFUSED[self._kind]:
            if model_input.get(name) is not None:
                raise ValidationError(f"{name} is not supported in batch inference.")

    def _converse(self, model_input: dict[str, Any]) -> RecordAnswer:
        model = operation("bedrock-runtime", "Converse")
        given = read_parameters(model, {**model_input, "modelId": self._model.model_id})
        result = self._conversations.converse(given)
        usage = result["usage"]
        message = result["output"]["message"]
        message["content"] = [{**_absent_members(), **block} for block in message["content"]]
        return RecordAnswer(result, None, usage["inputTokens"], usage["outputTokens"])

    def _invoke(self, model_input: dict[str, Any]) -> RecordAnswer:
        body_format = format_of(self._model, json.dumps(model_input).encode())
        answer = self._bodies.answer(body_format, model_input, self._model, {})
        return RecordAnswer(answer.body, None, answer.input_tokens, answer.output_tokens)


def _failed(error: BedrockError) -> RecordAnswer:
    return RecordAnswer(error={"errorCode": error.status, "errorMessage": error.message})


@cache
def _absent_members() -> dict[str, None]:
    """Batch results spell every absent kind of a content block out as null, which Converse itself leaves away."""
    message = operation("bedrock-runtime", "Converse").output_shape.members["output"].members["message"]
    return dict.fromkeys(message.members["content"].member.members)
