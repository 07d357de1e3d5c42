"""A caller's filter: what is understood, and that everything else is refused where it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.filter_matching import matches
from lambdas.shared.domain.filter_parsing import MAX_CONDITIONS, MAX_DEPTH, parse_filter
from lambdas.shared.domain.metadata import is_reserved
from lambdas.shared.domain.metadata_filter import AllOf, AnyOf, Comparison, MetadataFilter

VALUES = st.one_of(
    st.text(max_size=8),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)
NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
KEYS = st.text(st.characters(exclude_characters="$", codec="utf-8"), min_size=1, max_size=12).filter(
    lambda key: not is_reserved(key)
)
TESTS = st.one_of(
    st.fixed_dictionaries({}, optional={"$eq": VALUES, "$ne": VALUES, "$exists": st.booleans()}),
    st.fixed_dictionaries({}, optional={"$gt": NUMBERS, "$gte": NUMBERS, "$lt": NUMBERS, "$lte": NUMBERS}),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("$in", "$nin"), st.lists(VALUES, min_size=1, max_size=3))),
).filter(bool)
LEAVES = st.dictionaries(KEYS, st.one_of(VALUES, TESTS), min_size=1, max_size=2)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.dictionaries(
        st.sampled_from(["$and", "$or"]), st.lists(inner, min_size=1, max_size=2), min_size=1
    ),
    max_leaves=5,
)
ANYTHING = st.recursive(
    st.one_of(st.none(), VALUES, st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.text(max_size=5), st.sampled_from(["$and", "$or", "$eq", "$in", "tenant"])), inner
        ),
    ),
    max_leaves=8,
)


def keys_of(parsed: MetadataFilter) -> set[str]:
    if isinstance(parsed, Comparison):
        return {parsed.key}
    return set().union(*(keys_of(member) for member in parsed.members))


@settings(max_examples=200, deadline=None)
@given(FILTERS, st.dictionaries(KEYS, VALUES, max_size=3))
def test_every_filter_by_the_grammar_is_read_and_can_be_asked(raw: dict[str, Any], metadata: dict[str, Any]) -> None:
    assert matches(parse_filter(raw), metadata) in {True, False}


@settings(max_examples=200, deadline=None)
@given(ANYTHING)
def test_whatever_comes_is_read_or_refused_where_it_stands_and_never_asks_for_a_reserved_key(raw: object) -> None:
    try:
        assert not any(is_reserved(key) for key in keys_of(parse_filter(raw)))
    except InvalidInputError as refusal:
        (field,) = refusal.errors
        assert field.pointer.startswith("/filter")


@settings(max_examples=100, deadline=None)
@given(FILTERS, FILTERS, st.dictionaries(KEYS, VALUES, max_size=3))
def test_a_list_of_filters_means_what_its_members_mean(
    one: dict[str, Any], other: dict[str, Any], metadata: dict[str, Any]
) -> None:
    first, second = (matches(parse_filter(raw), metadata) for raw in (one, other))
    assert matches(parse_filter({"$and": [one, other]}), metadata) is (first and second)
    assert matches(parse_filter({"$or": [one, other]}), metadata) is (first or second)


def test_the_forms_of_the_documentation() -> None:
    assert parse_filter({"genre": "novel"}) == Comparison("genre", "$eq", "novel")
    assert parse_filter({"year": {"$gte": 2020, "$lt": 2024}}) == AllOf(
        (Comparison("year", "$gte", 2020), Comparison("year", "$lt", 2024))
    )
    assert parse_filter({"source": "report", "$or": [{"year": 1}, {"tags": {"$in": ["a", "b"]}}]}) == AllOf(
        (
            Comparison("source", "$eq", "report"),
            AnyOf((Comparison("year", "$eq", 1), Comparison("tags", "$in", ("a", "b")))),
        )
    )
    assert parse_filter({"$or": [{"a": {"$exists": False}}]}) == Comparison("a", "$exists", False)


def nested(levels: int) -> dict[str, Any]:
    raw: dict[str, Any] = {"a": 1}
    for _ in range(levels):
        raw = {"$and": [raw]}
    return raw


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        ({}, "/filter"),
        ([], "/filter"),
        ("year > 2020", "/filter"),
        ({"year": {}}, "/filter/year"),
        ({"year": None}, "/filter/year"),
        ({"year": [2020]}, "/filter/year"),
        ({"year": {"$above": 1}}, "/filter/year/$above"),
        ({"year": {"nested": {"a": 1}}}, "/filter/year/nested"),
        ({"year": {"$gt": "2020"}}, "/filter/year/$gt"),
        ({"year": {"$gt": True}}, "/filter/year/$gt"),
        ({"year": {"$gt": float("nan")}}, "/filter/year/$gt"),
        ({"year": {"$eq": 2**63}}, "/filter/year/$eq"),
        ({"year": {"$in": ["x" * 2049]}}, "/filter/year/$in"),
        ({"year": {"$in": []}}, "/filter/year/$in"),
        ({"year": {"$in": 2020}}, "/filter/year/$in"),
        ({"year": {"$nin": [1, None]}}, "/filter/year/$nin"),
        ({"year": {"$exists": "yes"}}, "/filter/year/$exists"),
        ({"$and": []}, "/filter/$and"),
        ({"$and": {"a": 1}}, "/filter/$and"),
        ({"$or": [{"a": 1}, {}]}, "/filter/$or/1"),
        ({"$not": [{"a": 1}]}, "/filter/$not"),
        ({"a/b~c": None}, "/filter/a~1b~0c"),
        ({"": 1}, "/filter/"),
        ({"k" * 64: 1}, "/filter/" + "k" * 64),
        (nested(MAX_DEPTH), "/filter" + "/$and/0" * MAX_DEPTH),
        ({f"key{n}": n for n in range(MAX_CONDITIONS + 1)}, f"/filter/key{MAX_CONDITIONS}"),
    ],
)
def test_what_breaks_the_grammar_is_refused_with_its_place(raw: object, pointer: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_filter(raw)
    (field,) = caught.value.errors
    assert field.pointer == pointer


@pytest.mark.parametrize(
    "key", ["tenant", "Tenant", "quarry_text", "QUARRY_tenant", "AMAZON_BEDROCK_TEXT", "x-amz-bedrock-kb-source-uri"]
)
@pytest.mark.parametrize("wrap", [lambda leaf: leaf, lambda leaf: {"$or": [{"year": 1}, leaf]}])
def test_no_filter_speaks_of_the_tenant_or_of_what_the_store_keeps_for_itself(key: str, wrap: Any) -> None:
    with pytest.raises(InvalidInputError, match="reserved"):
        parse_filter(wrap({key: {"$ne": "mine"}}))


@pytest.mark.parametrize(
    ("raw", "metadata", "fulfilled"),
    [
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": "x"}, {"a": ["w", "x"]}, True),
        ({"a": {"$ne": "x"}}, {"a": ["w", "x"]}, False),
        ({"a": {"$nin": ["x"]}}, {"a": ["w"]}, True),
        ({"a": {"$gt": 1}}, {"a": "2"}, False),
        ({"a": {"$gte": 2}}, {"a": 2}, True),
        ({"a": {"$lt": 2}}, {"a": 2}, False),
        ({"a": {"$lte": 2}}, {"a": 2}, True),
        ({"a": {"$exists": True}}, {"a": False}, True),
        ({"a": {"$exists": False}}, {}, True),
        ({"a": 1}, {}, False),
        ({"a": {"$ne": 1}}, {}, False),
        ({"a": {"$nin": [1]}}, {}, False),
    ],
)
def test_what_each_operator_means(raw: dict[str, Any], metadata: dict[str, Any], fulfilled: bool) -> None:
    assert matches(parse_filter(raw), metadata) is fulfilled
