"""Finds the passages for a question: rewritten where it must be, in the caller's tenant, above the floor, reranked."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from lambdas.shared.domain.metadata import is_reserved
from lambdas.shared.domain.passage_retriever import Passage, PassageQuery
from lambdas.shared.domain.rag.passage_sources import PassageSources
from lambdas.shared.domain.rag.standalone_question import MAX_QUERY_CHARACTERS, check_question
from lambdas.shared.domain.window import Window
from lambdas.shared.services.metered_models import CallPurpose
from lambdas.shared.services.metered_reranker import MeteredReranker
from lambdas.shared.services.question_rewriting import QuestionRewriting, too_long
from lambdas.shared.services.rag_question import Bill, FoundPassages, RagQuestion

_LOG = logging.getLogger(__name__)
_NO_HISTORY = Window()
MAX_TOP_K = 100
# A reranker chooses among so many times the passages that are wanted.
_TO_CHOOSE_FROM = 4
_TENANT = "tenant"


class FindPassages:
    """`score_floor`: passages below it are none, by the retriever's own scores; `top_k`: how many where the caller does
    not say. `rewriting` None: questions are searched with as they stand; `reranker` None: the retriever's order."""

    def __init__(
        self,
        *,
        sources: PassageSources,
        rewriting: QuestionRewriting | None,
        reranker: MeteredReranker | None,
        top_k: int,
        score_floor: float,
    ) -> None:
        self._sources = sources
        self._rewriting = rewriting
        self._reranker = reranker
        self._top_k = top_k
        self._score_floor = score_floor

    def find(self, wanted: RagQuestion, history: Window = _NO_HISTORY, *, reference: str = "passages") -> FoundPassages:
        """Raises InvalidInputError, NotFoundError, and what models and retrievers raise."""
        check_question(wanted.question)
        tenant = wanted.caller.tenant
        source = self._sources.source(wanted.caller, wanted.collection)
        query, bill = self._query(wanted, history, reference)
        top_k = wanted.top_k or self._top_k
        many = min(MAX_TOP_K, top_k * _TO_CHOOSE_FROM) if self._reranker else top_k
        retrieved = source.retriever.retrieve(PassageQuery(tenant, query, many, wanted.filter))
        near = [_public(each) for each in _own(retrieved, tenant) if each.score >= self._score_floor]
        bill = bill.plus(*source.spent())
        if self._reranker is None or not near:
            return FoundPassages(tuple(near[:top_k]), query, bill)
        ranked = self._reranker.rerank(query, near, top_k, _reranking(wanted, reference))
        return FoundPassages(ranked.passages, query, bill.plus(None, ranked.cost_usd), ranked.reranking)

    def _query(self, wanted: RagQuestion, history: Window, reference: str) -> tuple[str, Bill]:
        if self._rewriting is not None:
            return self._rewriting.query(wanted, history, reference)
        if len(wanted.question) > MAX_QUERY_CHARACTERS:
            raise too_long(wanted.question)
        return wanted.question, Bill()


def _reranking(wanted: RagQuestion, reference: str) -> CallPurpose:
    caller = wanted.caller
    return CallPurpose(caller.tenant, caller.client, caller.subject, "rag.rerank", reference)


def _own(passages: Iterable[Passage], tenant: str) -> Iterator[Passage]:
    """Every store filters by tenant. One that fails to must not be heard: what says that it is another's is dropped."""
    for passage in passages:
        if passage.metadata.get(_TENANT, tenant) == tenant:
            yield passage
        else:
            _LOG.error("a retriever has returned a passage of another tenant; it was dropped")


def _public(passage: Passage) -> Passage:
    """Without the keys that are Quarry's and Bedrock's own."""
    if not any(map(is_reserved, passage.metadata)):
        return passage
    return passage._replace(metadata={key: value for key, value in passage.metadata.items() if not is_reserved(key)})
