"""Cosine, dot product and distance, against arithmetic in double precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.services.vectors.nearness import Metric, nearest, paired_scores, prepared, rounded, scores

VALUES = st.floats(-100, 100, width=32)
VECTORS = st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=2, max_size=8)


def expected(one: list[float], other: list[float], metric: Metric) -> float:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    if metric == "dot":
        return dot
    if metric == "euclidean":
        return math.dist(one, other)
    lengths = math.hypot(*one) * math.hypot(*other)
    return dot / lengths if lengths > 1e-9 else 0.0


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
@given(vectors=VECTORS)
def test_measures_are_what_their_names_say(metric: Metric, vectors: list[list[float]]) -> None:
    rows = prepared(vectors, metric)
    wanted = [expected(vectors[0], each, metric) for each in vectors]
    lengths = [math.hypot(*vectors[0]) * math.hypot(*each) for each in vectors]
    if metric == "cosine" and any(0 < length < 1e-6 for length in lengths):
        return  # so short that it counts as none
    assert scores(rows[0], rows, metric) == pytest.approx(wanted, rel=1e-4, abs=2e-2 if metric != "cosine" else 1e-3)
    paired = paired_scores(rows[:1].repeat(len(rows), axis=0), rows, metric)
    assert paired == pytest.approx(scores(rows[0], rows, metric), rel=1e-4, abs=1e-2)


def test_a_vector_without_length_is_near_to_nothing() -> None:
    rows = prepared([[0, 0], [3, 4]], "cosine")
    assert scores(rows[0], rows, "cosine").tolist() == [0, 0]
    assert scores(rows[1], rows, "cosine").tolist() == [0, pytest.approx(1)]
    assert rows.tolist() == [[0, 0], [pytest.approx(0.6), pytest.approx(0.8)]]


class TestNearest:
    @given(VECTORS, st.integers(1, 10))
    def test_the_best_come_first_and_ties_in_their_order(self, vectors: list[list[float]], top_k: int) -> None:
        rows = prepared(vectors, "cosine")
        found = scores(rows[0], rows, "cosine")
        order = sorted(range(len(vectors)), key=lambda place: (-found[place], place))[:top_k]
        assert nearest(rows[0], rows, top_k) == [(place, rounded(float(found[place]))) for place in order]

    def test_many_equal_ones_come_in_their_order(self) -> None:
        rows = np.ones((100, 4), dtype=np.float32)
        assert [place for place, _ in nearest(rows[0], rows, 7)] == list(range(7))


def test_scores_have_the_digits_that_a_float32_knows() -> None:
    assert rounded(float(np.float32(0.1))) == 0.1
