"""The port to where a question's passages are looked for: the Knowledge Base, or one of the tenant's collections."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, Protocol

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.passage_retriever import PassageRetriever
from lambdas.shared.domain.price import ZERO_USD


class RetrievalCost(NamedTuple):
    """What embedding a question took; `usd` None = not known."""

    usage: TokenUsage = TokenUsage(0, 0)
    usd: Decimal | None = ZERO_USD


class PassageSource(NamedTuple):
    """`spent()`: what the retriever's calls have cost so far, where it knows."""

    retriever: PassageRetriever
    spent: Callable[[], RetrievalCost] = RetrievalCost


class PassageSources(Protocol):
    """Knows the retrievers of a deployment."""

    def source(self, caller: Caller, collection: str | None) -> PassageSource:
        """The collection of that name, the Knowledge Base for None. Raises InvalidInputError where there is no
        Knowledge Base and no collection is named, and for what can be no collection's name. A collection that the
        tenant does not have is a NotFoundError here, or when passages are retrieved from it."""
        ...
