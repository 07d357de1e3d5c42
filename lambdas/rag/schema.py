"""The wire of POST /rag, /rag/stream and /rag/passages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.metadata_filter import MetadataValue
from lambdas.shared.domain.passage_retriever import Passage
from lambdas.shared.domain.rag.citations import Citation
from lambdas.shared.domain.rag.grounding import GroundingCheck
from lambdas.shared.domain.rag.standalone_question import MAX_QUESTION_CHARACTERS
from lambdas.shared.domain.reranker import Reranking
from lambdas.shared.services.find_passages import MAX_TOP_K
from lambdas.shared.services.rag_question import FoundPassages, RagAnswer, Refusal

NonBlank = Annotated[str, Meta(pattern=r"\S")]


class PassagesBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST /rag/passages. Without `collection` the Knowledge Base is searched."""

    question: Annotated[str, Meta(min_length=1, max_length=MAX_QUESTION_CHARACTERS)]
    filter: dict[str, Any] | None = None
    top_k: Annotated[int, Meta(ge=1, le=MAX_TOP_K)] | None = None
    collection: NonBlank | None = None


class RagBody(PassagesBody, frozen=True):
    """Body of POST /rag. `conversation_id` continues a dialogue."""

    conversation_id: str | None = None
    model: NonBlank | None = None


class RagStreamBody(RagBody, frozen=True):
    """Body of POST /rag/stream. `strict`: no word is sent before the whole answer is verified."""

    strict: bool = False


class CitationAnswer(msgspec.Struct, frozen=True):
    """`start`, `end`: the statement in `answer`, in characters (Unicode code points); `quote` stands in the passage."""

    start: int
    end: int
    passage_id: str
    document_id: str
    page: int | None
    score: float
    quote: str


class PassageAnswer(msgspec.Struct, frozen=True):
    """Text of a document, word for word: show it as text, never as HTML or Markdown."""

    id: str
    text: str
    document_id: str
    page: int | None
    score: float
    metadata: Mapping[str, MetadataValue | list[str]]


class PassagesAnswer(msgspec.Struct, frozen=True):
    """Answer of POST /rag/passages. `query`: what was searched with; scores are the reranker's where `reranking` is
    `done`, else the retriever's; `cost_usd` null = not known."""

    passages: tuple[PassageAnswer, ...]
    query: str
    reranking: Reranking
    usage: TokenUsage
    cost_usd: Decimal | None


class GroundedAnswerBody(PassagesAnswer, frozen=True, kw_only=True):
    """Answer of POST /rag, and what `done` carries. Unless `grounded`, `answer` says that nothing was found, and
    `refusal` why; `stop_reason` is null where no model was asked."""

    conversation_id: str
    answer: str
    grounded: bool
    refusal: Refusal | None
    citations: tuple[CitationAnswer, ...]
    model: str
    grounding_check: GroundingCheck
    links_removed: int
    stop_reason: str | None


class Start(msgspec.Struct, frozen=True):
    """First event of a stream."""

    conversation_id: str
    model: str


class Delta(msgspec.Struct, frozen=True):
    """A piece of the answer."""

    text: str


def passages_answer(found: FoundPassages) -> PassagesAnswer:
    """What the wire shows of it."""
    return PassagesAnswer(_passages(found.passages), found.query, found.reranking, found.bill.usage, found.bill.usd)


def rag_answer(answer: RagAnswer) -> GroundedAnswerBody:
    """What the wire shows of it."""
    return GroundedAnswerBody(
        conversation_id=answer.conversation_id,
        answer=answer.answer,
        grounded=answer.grounded,
        refusal=answer.refusal,
        citations=tuple(map(_citation, answer.citations)),
        passages=_passages(answer.passages),
        query=answer.query,
        reranking=answer.reranking,
        model=answer.model,
        grounding_check=answer.grounding_check,
        links_removed=answer.links_removed,
        stop_reason=answer.stop_reason,
        usage=answer.bill.usage,
        cost_usd=answer.bill.usd,
    )


def _citation(citation: Citation) -> CitationAnswer:
    return CitationAnswer(*citation[:5], score=_shown(citation.score), quote=citation.quote)


def _passages(passages: Iterable[Passage]) -> tuple[PassageAnswer, ...]:
    return tuple(
        PassageAnswer(each.id, each.text, each.document_id, each.page, _shown(each.score), each.metadata)
        for each in passages
    )


def _shown(score: float) -> float:
    return round(score, 4)
