"""The operations of `bedrock-agent-runtime` that are emulated, from bytes to bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.bedrock.knowledge.generation import AnswerGeneration
from local.bedrock.knowledge.reranking import Reranking
from local.bedrock.knowledge.retrieval import Retrieval
from local.bedrock.request_shape import operation, read_json, read_parameters
from local.bedrock.response_shape import HttpAnswer, write_events, write_result

SERVICE = "bedrock-agent-runtime"


class AgentRuntimeApi:
    """Answers Retrieve, Rerank, RetrieveAndGenerate and RetrieveAndGenerateStream."""

    def __init__(self, retrieval: Retrieval, reranking: Reranking, generation: AnswerGeneration) -> None:
        self._retrieval = retrieval
        self._reranking = reranking
        self._generation = generation

    def retrieve(self, base: str, body: bytes) -> HttpAnswer:
        return _answered("Retrieve", {**read_json(body), "knowledgeBaseId": base}, self._retrieval.retrieve)

    def rerank(self, body: bytes) -> HttpAnswer:
        return _answered("Rerank", read_json(body), self._reranking.rerank)

    def retrieve_and_generate(self, body: bytes) -> HttpAnswer:
        return _answered("RetrieveAndGenerate", read_json(body), self._generation.answer)

    def retrieve_and_generate_stream(self, body: bytes) -> HttpAnswer:
        model = operation(SERVICE, "RetrieveAndGenerateStream")
        session, events = self._generation.stream(read_parameters(model, read_json(body)))
        return write_events(model, events, {"x-amzn-bedrock-knowledge-base-session-id": session})


def _answered(name: str, raw: Mapping[str, Any], answer: Callable[[Mapping[str, Any]], dict[str, Any]]) -> HttpAnswer:
    model = operation(SERVICE, name)
    return write_result(model, answer(read_parameters(model, raw)), {})
