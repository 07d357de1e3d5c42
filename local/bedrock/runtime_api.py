"""The operations of `bedrock-runtime`, from bytes to bytes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from local.bedrock.brain import Brain
from local.bedrock.converse_api import ConverseApi
from local.bedrock.formats import format_of
from local.bedrock.guardrails.apply_api import ApplyApi
from local.bedrock.guardrails.directory import GuardrailDirectory
from local.bedrock.guardrails.guarded_bodies import GuardedBodies
from local.bedrock.model_directory import ModelDirectory
from local.bedrock.request_shape import operation, read_json, read_parameters
from local.bedrock.response_shape import HttpAnswer, write_events, write_result

SERVICE = "bedrock-runtime"
Headers = Mapping[str, str]


class RuntimeApi:
    """Answers Converse, ConverseStream, InvokeModel, InvokeModelWithResponseStream, CountTokens and ApplyGuardrail."""

    def __init__(self, brain: Brain, models: ModelDirectory, guardrails: GuardrailDirectory) -> None:
        self._brain = brain
        self._models = models
        self._conversations = ConverseApi(brain, models, guardrails)
        self._bodies = GuardedBodies(guardrails, brain)
        self._guardrails = ApplyApi(guardrails, brain.embed)

    def converse(self, model_id: str, body: bytes, headers: Headers) -> HttpAnswer:
        """A whole answer."""
        model = operation(SERVICE, "Converse")
        given = read_parameters(model, {**read_json(body), "modelId": model_id})
        return write_result(model, self._conversations.converse(given), self._headers())

    def converse_stream(self, model_id: str, body: bytes, headers: Headers) -> HttpAnswer:
        """An answer as events."""
        model = operation(SERVICE, "ConverseStream")
        given = read_parameters(model, {**read_json(body), "modelId": model_id})
        return write_events(model, self._conversations.events(given), self._headers())

    def invoke_model(self, model_id: str, body: bytes, headers: Headers) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html"""
        began = time.monotonic()
        model = operation(SERVICE, "InvokeModel")
        read_parameters(model, {"modelId": model_id})
        found = self._models.find(model_id)
        answer = self._bodies.answer(format_of(found, body), read_json(body), found, headers)
        written = json.dumps(answer.body, ensure_ascii=False).encode()
        counts = {
            "X-Amzn-Bedrock-Invocation-Latency": str(max(1, round(1000 * (time.monotonic() - began)))),
            "X-Amzn-Bedrock-Input-Token-Count": str(answer.input_tokens),
            "X-Amzn-Bedrock-Output-Token-Count": str(answer.output_tokens),
        }
        result = {"body": written, "contentType": "application/json"}
        return write_result(model, result, {**counts, **self._headers()})

    def invoke_model_with_response_stream(self, model_id: str, body: bytes, headers: Headers) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html"""
        model = operation(SERVICE, "InvokeModelWithResponseStream")
        read_parameters(model, {"modelId": model_id})
        found = self._models.find(model_id)
        events = self._bodies.events(format_of(found, body), read_json(body), found, headers)
        chunks = ({"chunk": {"bytes": json.dumps(event, ensure_ascii=False).encode()}} for event in events)
        return write_events(model, chunks, {"X-Amzn-Bedrock-Content-Type": "application/json", **self._headers()})

    def count_tokens(self, model_id: str, body: bytes, headers: Headers) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html"""
        model = operation(SERVICE, "CountTokens")
        given = read_parameters(model, {**read_json(body), "modelId": model_id})["input"]
        if "converse" in given:
            tokens = self._conversations.count_tokens({**given["converse"], "modelId": model_id})
        else:
            tokens = self._brain.count_tokens(given["invokeModel"]["body"].decode("utf-8", errors="replace"))
        return write_result(model, {"inputTokens": tokens}, self._headers())

    def apply_guardrail(self, identifier: str, version: str, body: bytes) -> HttpAnswer:
        """Texts assessed without a model call."""
        return self._guardrails.apply(identifier, version, body)

    def _headers(self) -> dict[str, str]:
        return {"x-quarry-local-brain": self._brain.name}
