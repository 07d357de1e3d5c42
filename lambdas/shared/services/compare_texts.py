"""Compares texts by their vectors: similarity of one to many or of pairs, and search among documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from lambdas.shared.services.embed_texts import Asked, EmbedTexts, Spending, check_not_blank, spending

if TYPE_CHECKING:
    from lambdas.shared.services.vectors.nearness import Metric


class Similarities(NamedTuple):
    """One score for each target or pair, in their order."""

    scores: list[float]
    spending: Spending


class Hit(NamedTuple):
    """A document that was found: its place in the request, and its cosine with the query."""

    place: int
    score: float


class Hits(NamedTuple):
    """Best first."""

    hits: list[Hit]
    spending: Spending


class CompareTexts:
    """numpy is imported with the first request that compares: embedding alone has no use for it."""

    def __init__(self, texts: EmbedTexts) -> None:
        self._texts = texts

    def one_to_many(self, asked: Asked, source: str, targets: Sequence[str], metric: Metric) -> Similarities:
        """Raises what `EmbedTexts.embed` does."""
        from lambdas.shared.services.vectors import nearness

        found = self._texts.embed(
            asked,
            [source, *targets],
            input_type="document",
            pointer=lambda index: f"/targets/{index - 1}" if index else "/source",
        )
        rows = nearness.prepared(found.vectors, metric)
        scores = nearness.scores(rows[0], rows[1:], metric)
        return Similarities([nearness.rounded(score) for score in scores.tolist()], spending(found))

    def pairs(self, asked: Asked, pairs: Sequence[tuple[str, str]], metric: Metric) -> Similarities:
        """Raises what `EmbedTexts.embed` does."""
        from lambdas.shared.services.vectors import nearness

        texts = [text for pair in pairs for text in pair]
        found = self._texts.embed(
            asked, texts, input_type="document", pointer=lambda index: f"/pairs/{index // 2}/{index % 2}"
        )
        rows = nearness.prepared(found.vectors, metric)
        scores = nearness.paired_scores(rows[0::2], rows[1::2], metric)
        return Similarities([nearness.rounded(score) for score in scores.tolist()], spending(found))

    def search(self, asked: Asked, query: str, documents: Sequence[str], top_k: int) -> Hits:
        """The query is embedded as one, for models that make a difference. Raises what `EmbedTexts.embed` does."""
        from lambdas.shared.services.vectors import nearness

        check_not_blank([query], lambda index: "/query")  # before the documents are paid for
        found = self._texts.embed(asked, documents, input_type="document", pointer=lambda index: f"/documents/{index}")
        asking = self._texts.embed(asked, [query], input_type="query", pointer=lambda index: "/query")
        query_row, rows = (nearness.prepared(each.vectors, "cosine") for each in (asking, found))
        best = nearness.nearest(query_row[0], rows, top_k)
        return Hits([Hit(place, score) for place, score in best], spending(found, asking))
