"""The port to whatever puts found passages into a better order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lambdas.shared.domain.passage_retriever import Passage


class Reranker(Protocol):
    """Judges passages beside their question, which retrieval does not."""

    def rerank(self, query: str, passages: Sequence[Passage], top_k: int) -> list[Passage]:
        """The best `top_k` of `passages`, the best first, with the reranker's scores (0 to 1). Raises what
        `ChatModel` raises for throttles and refusals."""
        ...
