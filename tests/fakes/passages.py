"""Retrieval in memory: passages by tenant, found by shared words; and sources, checks and rerankers beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import InvalidInputError, NotFoundError
from lambdas.shared.domain.filter_matching import matches
from lambdas.shared.domain.guardrail import BLOCKED, Guardrail, GuardrailReport, GuardrailUnits, Intervention
from lambdas.shared.domain.passage_retriever import Passage, PassageQuery, PassageRetriever
from lambdas.shared.domain.rag.grounding import GroundingQuestion
from lambdas.shared.domain.rag.passage_sources import PassageSource, RetrievalCost

EMBEDDED = RetrievalCost(TokenUsage(9, 0), Decimal("0.0001"))
UNGROUNDED = Intervention("contextual_grounding", "GROUNDING", BLOCKED, "output")
_WORD = re.compile(r"\w+")


def passage(number: int, text: str, *, document_id: str = "", score: float = 0.0, **metadata: Any) -> Passage:
    """Passage `p<number>` of document `d<number>`, on page `number`."""
    return Passage(f"p{number}", text, document_id or f"d{number}", score, metadata, page=number)


class InMemoryPassageRetriever:
    """Passages of many tenants. The score is the part of the query's words that a passage holds, if it has none of its
    own; `asked` keeps the queries, `failing` is raised by each."""

    def __init__(
        self, passages: Mapping[str, Sequence[Passage]] | None = None, *, failing: Exception | None = None
    ) -> None:
        self.passages = {tenant: list(each) for tenant, each in (passages or {}).items()}
        self.asked: list[PassageQuery] = []
        self.failing = failing

    def retrieve(self, query: PassageQuery) -> list[Passage]:
        self.asked.append(query)
        if self.failing is not None:
            raise self.failing
        words = set(_WORD.findall(query.text.casefold()))
        found = [
            each._replace(score=each.score or _shared(words, each.text))
            for each in self.passages.get(query.tenant, ())
            if query.filter is None or matches(query.filter, each.metadata)
        ]
        return sorted((each for each in found if each.score > 0), key=lambda each: -each.score)[: query.top_k]


class InMemoryPassageSources:
    """A Knowledge Base and collections by tenant and name."""

    def __init__(
        self,
        knowledge_base: PassageRetriever | None = None,
        collections: Mapping[tuple[str, str], PassageRetriever] | None = None,
    ) -> None:
        self._knowledge_base = knowledge_base
        self._collections = dict(collections or {})

    def source(self, caller: Caller, collection: str | None) -> PassageSource:
        if collection is None:
            if self._knowledge_base is None:
                raise InvalidInputError("no Knowledge Base here; name a collection")
            return PassageSource(self._knowledge_base)
        if (caller.tenant, collection) not in self._collections:
            raise NotFoundError(f"There is no collection {collection}.")
        return PassageSource(self._collections[caller.tenant, collection], lambda: EMBEDDED)


def _shared(words: set[str], text: str) -> float:
    own = set(_WORD.findall(text.casefold()))
    return len(words & own) / len(words) if words else 0.0


class ReversingReranker:
    """Puts passages into the opposite order, with the scores 0.9, 0.8, ...; `asked` keeps how many it was given,
    `failing` is raised by each call, `meanwhile` called by it."""

    def __init__(self, *, failing: BaseException | None = None, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.asked: list[int] = []
        self.failing = failing
        self.meanwhile = meanwhile

    def rerank(self, query: str, passages: Sequence[Passage], top_k: int) -> list[Passage]:
        self.asked.append(len(passages))
        self.meanwhile()
        if self.failing is not None:
            raise self.failing
        ranked = enumerate(list(reversed(passages))[:top_k])
        return [each._replace(score=max(0.0, round(0.9 - 0.1 * place, 1))) for place, each in ranked]


class ScriptedGroundingChecker:
    """Passes, objects (`grounded=False`) or fails; `asked` keeps the questions."""

    def __init__(self, *, grounded: bool = True, failing: Exception | None = None) -> None:
        self.grounded = grounded
        self.failing = failing
        self.asked: list[GroundingQuestion] = []

    def check(self, question: GroundingQuestion, *, guardrail: Guardrail) -> GuardrailReport:
        self.asked.append(question)
        if self.failing is not None:
            raise self.failing
        objections = () if self.grounded else (UNGROUNDED,)
        return GuardrailReport(objections, GuardrailUnits(contextual_grounding=3))
