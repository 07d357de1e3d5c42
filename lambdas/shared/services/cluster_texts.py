"""Groups texts by what they are about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.domain.text_embedder import Vector
from lambdas.shared.services.embed_texts import Asked, EmbedTexts, Spending, spending

if TYPE_CHECKING:
    from lambdas.shared.services.vectors.clusters import Clusters

MakeClusters = Callable[[Sequence[Vector], "int | None"], "Clusters"]


class ClusteredTexts(NamedTuple):
    """See `Clusters`."""

    clusters: Clusters
    spending: Spending


class ClusterTexts:
    """`cluster`: the arithmetic, which brings scikit-learn along."""

    def __init__(self, texts: EmbedTexts, *, cluster: MakeClusters) -> None:
        self._texts = texts
        self._cluster = cluster

    def cluster(self, asked: Asked, texts: Sequence[str], k: int | None) -> ClusteredTexts:
        """Raises InvalidInputError where there are fewer different texts than clusters, then what `EmbedTexts.embed`
        does."""
        different = len(set(texts))
        if k is not None and k > different:
            detail = f"is {k:,}, but there are only {different:,} different texts; ask for at most as many clusters"
            raise InvalidInputError(f"/k: {detail}.", errors=(FieldError("/k", detail),))
        found = self._texts.embed(asked, texts, input_type="clustering", pointer=lambda index: f"/texts/{index}")
        return ClusteredTexts(self._cluster(found.vectors, k), spending(found))
