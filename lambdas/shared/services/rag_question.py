"""A question to the documents, and what comes back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.metadata_filter import MetadataFilter
from lambdas.shared.domain.passage_retriever import Passage
from lambdas.shared.domain.price import ZERO_USD
from lambdas.shared.domain.rag.citations import Citation
from lambdas.shared.domain.rag.grounding import GroundingCheck
from lambdas.shared.domain.reranker import Reranking

# Why there is no answer: nothing was found that is near enough; the model says that the passages do not answer; too
# little of what it said has a citation that holds; the guardrail's grounding check objected.
Refusal = Literal["no_passages", "not_in_passages", "unsupported", "ungrounded"]
NOT_FOUND = "This was not found in the documents."


@dataclass(frozen=True, slots=True)
class RagQuestion:
    """What the caller asks. `collection` None = the Knowledge Base; `top_k`, `model` None = the deployment's own;
    `remaining_seconds()` is how long the invocation may still run."""

    caller: Caller
    question: str
    conversation_id: str | None = None
    filter: MetadataFilter | None = None
    top_k: int | None = None
    collection: str | None = None
    model: str | None = None
    remaining_seconds: Callable[[], float] = lambda: math.inf


class Bill(NamedTuple):
    """Tokens and USD of all calls of a question; `usd` None = not known."""

    usage: TokenUsage = TokenUsage(0, 0)
    usd: Decimal | None = ZERO_USD

    def plus(self, usage: TokenUsage | None, usd: Decimal | None) -> Bill:
        """With one call more."""
        total = None if self.usd is None or usd is None else self.usd + usd
        return Bill(self.usage if usage is None else self.usage.plus(usage), total)


@dataclass(frozen=True, slots=True)
class FoundPassages:
    """`query`: what was searched with, which may be the question rewritten; scores are the reranker's where
    `reranking` is `done`, else the retriever's."""

    passages: tuple[Passage, ...]
    query: str
    bill: Bill
    reranking: Reranking = "off"


@dataclass(frozen=True, slots=True)
class RagStarted:
    """The answer has begun."""

    conversation_id: str
    model: str


@dataclass(frozen=True, slots=True)
class RagAnswer:
    """`answer` is NOT_FOUND, with no citation, unless `grounded`; `passages`: those that the model was shown;
    `stop_reason` is the model's, None where it was not asked."""

    conversation_id: str
    answer: str
    grounded: bool
    refusal: Refusal | None
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    query: str
    reranking: Reranking
    model: str
    grounding_check: GroundingCheck
    links_removed: int
    stop_reason: str | None
    bill: Bill


RagItem: TypeAlias = RagStarted | str | RagAnswer
