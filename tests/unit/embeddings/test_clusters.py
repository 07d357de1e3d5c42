"""k-means, the choice of k, and the plane."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.shared.services.vectors.clusters import cluster


def blobs(count: int, *, each: int = 6, width: int = 16, spread: float = 0.05, seed: int = 1) -> list[list[float]]:
    """So many groups of vectors round directions of their own, the members of a group side by side."""
    rng = np.random.default_rng(seed)
    middles = np.linalg.qr(rng.normal(size=(width, width)))[0][:count]
    rows = np.repeat(middles, each, axis=0) + rng.normal(size=(count * each, width)) * spread
    return rows.tolist()


@pytest.mark.parametrize("count", [2, 3, 5, 9])
def test_the_silhouette_finds_how_many_there_are(count: int) -> None:
    found = cluster(blobs(count), None)
    assert found.labels == [place // 6 for place in range(count * 6)]
    assert found.silhouette is not None and found.silhouette > 0.8


def test_k_is_what_was_asked_for() -> None:
    for k in (1, 2, 4, 18):
        assert len(set(cluster(blobs(3), k).labels)) == k
    assert cluster(blobs(3), 1).silhouette is None  # one
    assert cluster(blobs(3), 18).silhouette is None  # as many as vectors


def test_the_nearest_are_members_and_the_middle_one_comes_first() -> None:
    rows = [[1.0, 0.0, 0.0], [1.0, 0.1, 0.0], [1.0, 0.2, 0.0], [0.0, 0.0, 1.0], [0.0, 0.1, 1.0]]
    found = cluster(rows, 2)
    assert found.labels == [0, 0, 0, 1, 1]
    assert found.nearest[0][0] == 1
    assert sorted(found.nearest[1]) == [3, 4]


def test_the_same_vectors_are_always_grouped_in_the_same_way() -> None:
    rows = blobs(4, spread=0.4)
    assert cluster(rows, None) == cluster(rows, None)


def test_points_are_a_projection_that_keeps_groups_apart() -> None:
    points = np.array(cluster(blobs(3), 3).points)
    groups = points.reshape(3, 6, 2)
    inside = np.linalg.norm(groups - groups.mean(axis=1, keepdims=True), axis=2).max()
    middles = groups.mean(axis=1)
    assert min(np.linalg.norm(middles[one] - middles[other]) for one, other in ((0, 1), (0, 2), (1, 2))) > 2 * inside
    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-5)


@pytest.mark.parametrize("k", [None, 1, 2])
def test_two_vectors_can_be_clustered(k: int | None) -> None:
    found = cluster([[1.0, 0.0], [0.0, 1.0]], k)
    assert found.labels == ([0, 1] if k == 2 else [0, 0])
    assert len(found.points) == 2


def test_vectors_that_coincide_are_one_cluster_whatever_was_asked_for() -> None:
    found = cluster([[1.0, 0.0]] * 3 + [[0.0, 1.0]] * 2, 4)
    assert found.labels == [0, 0, 0, 1, 1]
    assert cluster([[1.0, 0.0]] * 3, None).labels == [0, 0, 0]
    assert cluster([[0.0, 0.0]] * 3, 2).labels == [0, 0, 0]  # texts of which the model knows no word


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(1, 4), st.integers(0, 2**16), st.one_of(st.none(), st.integers(1, 12)))
def test_every_vector_is_in_one_cluster(count: int, width: int, seed: int, k: int | None) -> None:
    rows = np.random.default_rng(seed).normal(size=(count, width)).round(1).tolist()
    found = cluster(rows, min(k, count) if k else None)
    used = sorted(set(found.labels))
    assert len(found.labels) == len(found.points) == count
    assert used == list(range(len(used))) == list(range(len(found.nearest)))
    for each, nearest in enumerate(found.nearest):
        members = [place for place, label in enumerate(found.labels) if label == each]
        assert set(nearest) <= set(members) and len(nearest) == min(3, len(members))
    assert all(np.isfinite(point).all() for point in found.points)
