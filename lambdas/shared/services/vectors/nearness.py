"""How near vectors are to each other, by three measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from lambdas.shared.domain.text_embedder import Vector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Scores = NDArray[np.float32]

Metric = Literal["cosine", "dot", "euclidean"]
# Below it a vector has no direction: a text of which a model knows no word.
_NO_LENGTH = np.float32(1e-12)


def matrix(vectors: Sequence[Vector]) -> Matrix:
    """One float32 row for each vector."""
    return np.array(vectors, dtype=np.float32)


def unit(rows: Matrix) -> Matrix:
    """The rows with length 1; what has no direction becomes zeros, which are near to nothing."""
    lengths = _lengths(rows)
    return np.where(lengths > _NO_LENGTH, 1 / np.maximum(lengths, _NO_LENGTH), np.float32(0))[:, None] * rows


def prepared(vectors: Sequence[Vector], metric: Metric) -> Matrix:
    """Rows for the measures below: where only directions count, they have length 1."""
    rows = matrix(vectors)
    return unit(rows) if metric == "cosine" else rows


def scores(query: Matrix, rows: Matrix, metric: Metric) -> Scores:
    """The measure between `query` (n values) and each of `rows` (m x n), both prepared for it: m values. Of cosine and
    dot the greatest is the nearest, of euclidean (a distance) the smallest."""
    if metric == "euclidean":
        return _lengths(rows - query)
    product: Scores = rows @ query
    return product


def paired_scores(ones: Matrix, others: Matrix, metric: Metric) -> Scores:
    """The measure between the rows of the same number, prepared for it."""
    if metric == "euclidean":
        return _lengths(ones - others)
    paired: Scores = np.einsum("ij,ij->i", ones, others)
    return paired


def nearest(query: Matrix, rows: Matrix, top_k: int) -> list[tuple[int, float]]:
    """Row numbers and cosines of the `top_k` nearest, best first; of equal ones the first row comes first. Both are
    prepared for cosine."""
    found = scores(query, rows, "cosine")
    if top_k < len(found):
        # all that score as well as the last that counts, so that ties are decided by their order
        worst = np.partition(found, len(found) - top_k)[len(found) - top_k]
        candidates = np.flatnonzero(found >= worst)
    else:
        candidates = np.arange(len(found))
    best = candidates[np.argsort(-found[candidates], kind="stable")][:top_k]
    return [(int(place), rounded(found[place])) for place in best]


def rounded(score: float) -> float:
    """Seven digits: what a float32 knows."""
    return float(f"{score:.7g}")


def _lengths(rows: Matrix) -> Scores:
    squares: Scores = np.einsum("ij,ij->i", rows, rows)
    return np.sqrt(squares)
