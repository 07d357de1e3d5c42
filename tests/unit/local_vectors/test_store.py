"""The local S3 Vectors finds what is nearest, exactly, and refuses what the service refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.vectors.errors import VectorsValidationError
from local.vectors.store import StoredVector, VectorIndex

SMALL = st.floats(-8, 8, width=16)


def an_index(metric: str = "cosine", **changes: Any) -> VectorIndex:
    return VectorIndex(**{"dimension": 2, "metric": metric, **changes})


def filled(metric: str, rows: dict[str, list[float]]) -> VectorIndex:
    index = an_index(metric)
    index.put([StoredVector(key, row, {}) for key, row in rows.items()])
    return index


def test_cosine_is_one_minus_the_cosine_and_euclidean_the_length_of_the_difference() -> None:
    rows = {"same": [2.0, 0.0], "across": [0.0, 3.0], "opposite": [-1.0, 0.0]}
    near = filled("cosine", rows).query([1.0, 0.0], top_k=10)
    assert [(found.key, found.distance) for found in near] == [("same", 0.0), ("across", 1.0), ("opposite", 2.0)]
    near = filled("euclidean", rows).query([1.0, 0.0], top_k=2)
    assert [(found.key, round(found.distance, 4)) for found in near] == [("same", 1.0), ("opposite", 2.0)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.one_of(st.none(), st.tuples(SMALL, SMALL))), min_size=1, max_size=40
    ),
    st.tuples(SMALL, SMALL),
)
def test_after_any_history_of_puts_and_deletes_a_query_finds_what_a_plain_search_finds(history, wanted) -> None:
    index, plain = an_index("euclidean"), {}
    for key, row in history:
        if row is None:
            index.delete([key])
            plain.pop(key, None)
        else:
            index.put([StoredVector(key, row, {})])
            plain[key] = row
    expected = sorted((float(np.float32(math.dist(row, wanted))), key) for key, row in plain.items())
    found = index.query(wanted, top_k=100)
    assert sorted(each.key for each in found) == sorted(plain)
    assert [each.distance for each in found] == pytest.approx([distance for distance, _ in expected], abs=1e-5)
    assert [each.key for each in index.page()[0]] == sorted(plain)


def test_numbers_of_any_size_keep_their_direction() -> None:
    index = filled("cosine", {"large": [1e38, 1e38], "tiny": [1e-38, -1e-38]})
    found = index.query([1e30, 1e30], top_k=2)
    assert [(each.key, round(each.distance, 5)) for each in found] == [("large", 0.0), ("tiny", 1.0)]


def test_pages_hold_each_vector_once_whatever_happens_in_between() -> None:
    index = filled("cosine", {f"key{n}": [1.0, n] for n in range(7)})
    first, token = index.page(size=3)
    index.delete([first[0].key, "key6"])
    second, end = index.page(size=3, token=token)
    assert [each.key for each in (*first, *second)] == [f"key{n}" for n in range(6)]
    assert end is None


@pytest.mark.parametrize(
    ("vector", "says"),
    [
        (StoredVector("a", [1.0], {}), "must have length 2"),
        (StoredVector("a", [1.0, math.nan], {}), "NaN"),
        (StoredVector("a", [1.0, 1e39], {}), "Infinity"),
        (StoredVector("a", [0.0, 0.0], {}), "zero vectors"),
        (StoredVector("", [1.0, 0.0], {}), "key must have length"),
        (StoredVector("a", [1.0, 0.0], {"x": None}), "must be a string"),
        (StoredVector("a", [1.0, 0.0], {"x": {"y": 1}}), "must be a string"),
        (StoredVector("a", [1.0, 0.0], {f"k{n}": 1 for n in range(51)}), "at most 50 keys"),
        (StoredVector("a", [1.0, 0.0], {"x": "y" * 2048}), "Filterable metadata"),
        (StoredVector("a", [1.0, 0.0], {"text": "y" * 40960}), "Total metadata"),
    ],
)
def test_a_put_is_refused_as_a_whole(vector: StoredVector, says: str) -> None:
    index = an_index(non_filterable=["text"])
    with pytest.raises(VectorsValidationError, match=says):
        index.put([StoredVector("good", [1.0, 0.0], {"text": "y" * 40000}), vector])
    assert len(index) == 0


def test_limits_of_calls_and_indexes() -> None:
    index = an_index()
    many = [StoredVector(str(n), [1.0, 0.0], {}) for n in range(501)]
    for call in (
        lambda: index.put(many),
        lambda: index.put([]),
        lambda: index.get(["k"] * 101),
        lambda: index.delete(["k"] * 501),
        lambda: index.query([1.0, 0.0], top_k=101),
        lambda: index.query([1.0, 0.0], top_k=0),
        lambda: index.query([0.0, 0.0], top_k=1),
        lambda: index.page(size=1001),
        lambda: index.page(token="?"),
        lambda: an_index(dimension=4097),
        lambda: an_index("dot"),
    ):
        with pytest.raises(VectorsValidationError):
            call()
    index.put(many[:500])
    assert len(index.query([1.0, 0.0], top_k=100)) == 100
    assert an_index(dimension=4096).dimension == 4096


BOOKS = {
    "old": {"year": 1990, "genre": ["novel", "crime"], "sold": True},
    "new": {"year": 2021.5, "genre": ["essay"], "text": "words"},
    "bare": {},
}


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        ({"year": 1990}, {"old"}),
        ({"year": {"$gte": 1990, "$lt": 2000}}, {"old"}),
        ({"year": {"$gt": 1990}}, {"new"}),
        ({"year": {"$lte": 1990.0}}, {"old"}),
        ({"genre": "crime"}, {"old"}),
        ({"genre": {"$in": ["essay", "poem"]}}, {"new"}),
        ({"genre": {"$nin": ["essay", "poem"]}}, {"old", "bare"}),
        ({"sold": {"$eq": 1}}, set()),
        ({"sold": {"$exists": False}}, {"new", "bare"}),
        ({"year": {"$ne": 1990}}, {"new", "bare"}),
        ({"$or": [{"year": {"$lt": 2000}}, {"genre": "essay"}]}, {"old", "new"}),
        ({"$and": [{"year": {"$exists": True}}, {"sold": True}]}, {"old"}),
        ({"sold": True, "$or": [{"year": 1}, {"genre": "novel"}]}, {"old"}),
    ],
)
def test_filters_by_the_documented_grammar(where: dict[str, Any], keys: set[str]) -> None:
    index = an_index(non_filterable=["text"])
    index.put([StoredVector(key, [1.0, 0.0], metadata) for key, metadata in BOOKS.items()])
    assert {found.key for found in index.query([1.0, 0.0], top_k=10, where=where)} == keys


@pytest.mark.parametrize(
    "where",
    [
        {},
        [],
        {"$and": []},
        {"$not": [{"a": 1}]},
        {"a": {}},
        {"a": None},
        {"a": [1]},
        {"a": {"$gt": "x"}},
        {"a": {"$gt": True}},
        {"a": {"$in": []}},
        {"a": {"$in": [None]}},
        {"a": {"$exists": 1}},
        {"a": {"$like": "x"}},
        {"text": "words"},
        {"$or": [{"text": {"$exists": True}}]},
        {f"k{n}": n for n in range(101)},
    ],
)
def test_other_filters_are_refused(where: Any) -> None:
    with pytest.raises(VectorsValidationError, match="Invalid query filter"):
        an_index(non_filterable=["text"]).query([1.0, 0.0], top_k=1, where=where)
