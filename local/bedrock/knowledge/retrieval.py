"""Retrieve: the passages of a Knowledge Base that are nearest to a question and fulfil a filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.bedrock.brain import Brain
from local.bedrock.errors import ValidationError
from local.bedrock.guardrails.assessment import Assessor
from local.bedrock.guardrails.directory import GuardrailDirectory
from local.bedrock.knowledge.directory import KnowledgeDirectory
from local.bedrock.knowledge.filter_grammar import condition_for
from local.bedrock.knowledge.passages import StoredPassage
from local.bedrock.knowledge.reranking import relevance

DEFAULT_RESULTS = 5


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A passage and its score, from 0 to 1."""

    passage: StoredPassage
    score: float

    def describe(self) -> dict[str, Any]:
        """As a KnowledgeBaseRetrievalResult."""
        return {**self.reference(), "score": self.score}

    def reference(self) -> dict[str, Any]:
        """As a RetrievedReference of a citation."""
        passage = self.passage
        return {
            "content": {"type": "TEXT", "text": passage.text},
            "location": dict(passage.location),
            "metadata": dict(passage.metadata),
        }


class Retrieval:
    """Searches with one brain's embeddings."""

    def __init__(self, brain: Brain, directory: KnowledgeDirectory, guardrails: GuardrailDirectory) -> None:
        self._brain = brain
        self._directory = directory
        self._guardrails = guardrails

    def retrieve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Retrieve.html"""
        query = given["retrievalQuery"].get("text", "")
        if given["retrievalQuery"].get("type", "TEXT") != "TEXT" or not query.strip():
            raise ValidationError("The retrieval query must have a text; the local Knowledge Base reads no images.")
        guard = given.get("guardrailConfiguration")
        if guard and self._is_blocked(guard, query):
            return {"retrievalResults": [], "guardrailAction": "INTERVENED"}
        configuration = given.get("retrievalConfiguration", {}).get("vectorSearchConfiguration", {})
        found = self.search(given["knowledgeBaseId"], query, configuration)
        start, size = _page(given.get("nextToken")), int(configuration.get("numberOfResults", DEFAULT_RESULTS))
        shown = [each.describe() for each in found[start : start + size]]
        more = {"nextToken": str(start + size)} if start + size < len(found) else {}
        return {"retrievalResults": shown, **more, **({"guardrailAction": "NONE"} if guard else {})}

    def search(self, knowledge_base_id: str, query: str, configuration: Mapping[str, Any]) -> list[Retrieved]:
        """Everything that fulfils the filter, the best first; reranked where the configuration asks for it."""
        base = self._directory.knowledge_base(knowledge_base_id)
        if configuration.get("overrideSearchType") == "HYBRID" and base.storage == "S3_VECTORS":
            raise ValidationError("HYBRID search type is not supported for the vector store type S3_VECTORS.")
        condition = condition_for(configuration.get("filter"), storage=base.storage)
        nearest = base.passages.nearest(self._brain.embed([query])[0], condition)
        found = [Retrieved(passage, min(1.0, max(0.0, score))) for passage, score in nearest]
        reranking = configuration.get("rerankingConfiguration")
        return self._reranked(query, found, configuration, reranking) if reranking else found

    def _reranked(
        self, query: str, found: list[Retrieved], configuration: Mapping[str, Any], reranking: Mapping[str, Any]
    ) -> list[Retrieved]:
        most = int(configuration.get("numberOfResults", DEFAULT_RESULTS))
        candidates = found[:most]
        scores = relevance(self._brain, query, [each.passage.text for each in candidates])
        rescored = [Retrieved(each.passage, score) for each, score in zip(candidates, scores, strict=True)]
        rescored.sort(key=lambda each: -each.score)
        return rescored[: reranking.get("bedrockRerankingConfiguration", {}).get("numberOfRerankedResults", most)]

    def _is_blocked(self, guard: Mapping[str, Any], query: str) -> bool:
        policy = self._guardrails.policy(guard["guardrailId"], guard["guardrailVersion"])
        return Assessor(policy, self._brain.embed).assess("INPUT", [query]).verdict == "BLOCKED"


def _page(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdigit():
        raise ValidationError("nextToken is not one that an earlier answer gave.")
    return int(token)
