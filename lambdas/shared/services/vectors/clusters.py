"""Groups vectors by k-means, chooses k by the silhouette where nobody names it, and lays them out in a plane."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from lambdas.shared.domain.text_embedder import Vector
from lambdas.shared.services.vectors.nearness import matrix, rounded, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lambdas.shared.services.vectors.nearness import Matrix

    Labels = NDArray[np.int64]

_MOST_CHOSEN = 10  # clusters; whoever wants more says how many
_STARTS, _FEW = 10, 50  # of more than a few clusters one start takes seconds, and ten are hardly better
_NEAREST = 3


class Clusters(NamedTuple):
    """`labels[i]` is the cluster of vector i; clusters are numbered from 0 in the order of their first members.
    `nearest[c]`: the up to three members that are nearest to the middle of cluster c, nearest first. `points[i]`: x and
    y of vector i, the two directions in which the vectors differ most. `silhouette`: from -1 to 1, how much nearer
    members are to their own cluster than to the next; None where there is only one, or nothing but single members."""

    labels: list[int]
    nearest: list[list[int]]
    points: list[tuple[float, float]]
    silhouette: float | None


def cluster(vectors: Sequence[Vector], k: int | None) -> Clusters:
    """Clusters by direction, the same for the same vectors. Fewer than `k` where vectors coincide."""
    rows = unit(matrix(vectors))
    # One thread: a function has one processor, and elsewhere threads that wait for each other take ten times as long.
    with threadpool_limits(limits=1):
        distances = np.clip(1 - rows @ rows.T, 0, 2)
        np.fill_diagonal(distances, 0)
        _, copies = np.unique(rows, axis=0, return_inverse=True)
        labels = _chosen(rows, distances, copies) if k is None else _k_means(rows, k, copies)
        nearest = [_nearest_to_middle(rows, np.flatnonzero(labels == each)) for each in range(int(labels.max()) + 1)]
        return Clusters(labels.tolist(), nearest, _plane(rows), _silhouette(distances, labels))


def _k_means(rows: Matrix, k: int, copies: Labels) -> Labels:
    """`copies` numbers the different rows."""
    if k == 1:
        return np.zeros(len(rows), dtype=np.int64)
    if k > copies.max():  # as many as there are different rows, or more
        return _numbered(copies)
    means = KMeans(n_clusters=k, n_init=_STARTS if k <= _FEW else 1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # rows that nearly coincide: fewer clusters, as promised
        return _numbered(means.fit_predict(rows))


def _chosen(rows: Matrix, distances: Matrix, copies: Labels) -> Labels:
    """Of two to ten clusters those with the best silhouette; the fewest of equally good ones."""
    best, best_silhouette = _k_means(rows, 1, copies), -1.0
    for k in range(2, min(_MOST_CHOSEN, len(rows) - 1, int(copies.max()) + 1) + 1):
        labels = _k_means(rows, k, copies)
        silhouette = _silhouette(distances, labels)
        if silhouette is not None and silhouette > best_silhouette:
            best, best_silhouette = labels, silhouette
    return best


def _silhouette(distances: Matrix, labels: Labels) -> float | None:
    if not 1 < len(np.unique(labels)) < len(labels):
        return None
    return rounded(float(silhouette_score(distances, labels, metric="precomputed")))


def _numbered(labels: Labels) -> Labels:
    """Numbers in the order in which they first occur, without gaps."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    ranks: Labels = np.argsort(np.argsort(first))
    return ranks[inverse]


def _nearest_to_middle(rows: Matrix, members: Labels) -> list[int]:
    near = rows[members] @ rows[members].mean(axis=0)
    found: list[int] = members[np.argsort(-near, kind="stable")[:_NEAREST]].tolist()
    return found


def _plane(rows: Matrix) -> list[tuple[float, float]]:
    if (rows == rows[0]).all():
        return [(0.0, 0.0)] * len(rows)
    axes = min(2, *rows.shape)
    flat = PCA(n_components=axes, svd_solver="full" if min(rows.shape) < 500 else "covariance_eigh").fit_transform(rows)
    return [(rounded(point[0]), rounded(point[1]) if axes == 2 else 0.0) for point in flat]
