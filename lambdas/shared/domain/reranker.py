"""The port to whatever puts found passages into a better order, and what a call of it is billed as."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Literal, Protocol

from lambdas.shared.domain.passage_retriever import Passage
from lambdas.shared.domain.tokens import estimate_tokens

# How it went: `unavailable` = the order of retrieval stands; `off` = there is no reranker here, or nothing was found.
Reranking = Literal["done", "unavailable", "off"]

# What one billed query holds, and a passage's tokens together with its question's before it counts twice: "Rerank" on
# https://aws.amazon.com/bedrock/pricing/ (read on 2026-11-25 as others quote it).
_QUERY_PASSAGES = 100
_PASSAGE_TOKENS = 512


class Reranker(Protocol):
    """Judges passages beside their question, which retrieval does not."""

    def rerank(self, query: str, passages: Sequence[Passage], top_k: int) -> list[Passage]:
        """The best `top_k` of `passages`, the best first, with the reranker's scores (0 to 1). Raises what
        `ChatModel` raises for throttles and refusals."""
        ...


def billed_queries(query: str, passages: Sequence[Passage]) -> tuple[int, bool]:
    """How many queries a call is billed as, and whether that is an estimate: long passages count as several, by tokens
    that nobody reports."""
    room = max(1, _PASSAGE_TOKENS - estimate_tokens(query))
    pieces = sum(max(1, ceil(estimate_tokens(passage.text) / room)) for passage in passages)
    queries, at_least = ceil(pieces / _QUERY_PASSAGES), ceil(len(passages) / _QUERY_PASSAGES)
    return queries, queries != at_least
