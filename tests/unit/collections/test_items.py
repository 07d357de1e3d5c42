"""Putting into collections and searching them: everything is checked before a text is paid for."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from lambdas.shared.domain.collection import CollectionShape, score, vector_problem
from lambdas.shared.domain.errors import (
    InvalidInputError,
    ModelThrottledError,
    NotFoundError,
    StoreUnavailableError,
    TextTooLongError,
)
from lambdas.shared.domain.filter_parsing import parse_filter
from lambdas.shared.services.collection_items import MAX_ITEMS, MAX_TEXT_BYTES, CollectionItems, NewItem
from lambdas.shared.services.collections import WantedCollection
from tests.unit.collections.shelf import CALLER, MODEL, VECTORS, Shelf, text, vector


def a_shelf(*errors: Exception | None) -> Shelf:
    shelf = Shelf(*errors)
    shelf.create("books")
    shelf.create("points", VECTORS)
    return shelf


def test_texts_are_embedded_as_documents_and_found_by_a_question() -> None:
    shelf = a_shelf()
    spent = shelf.items.put(CALLER, "books", [text("h", "herons nest in alders", year=2020), text("b", "boats rust")])
    assert (spent.model, spent.input_tokens, spent.cost_usd) == (MODEL, 6, Decimal("0.000006"))
    found = shelf.items.search(CALLER, "books", "where do herons nest", top_k=1)
    (match,) = found.matches
    assert (match.id, match.text, match.metadata) == ("h", "herons nest in alders", {"year": 2020})
    assert match.score == pytest.approx(1 - match.distance) and 0 < match.score <= 1
    assert [request.input_type for request in shelf.embedder.requests] == ["document", "query"]
    assert {event.operation for event in shelf.ledger.events} == {"collections.put", "collections.search"}
    assert {(event.tenant, event.client, event.reference) for event in shelf.ledger.events} == {
        ("acme", "shop", "books")
    }


def test_vectors_cost_nothing_and_may_bring_a_text_along() -> None:
    shelf = a_shelf()
    spent = shelf.items.put(CALLER, "books", [NewItem("a", "a word", [1.0] + [0.0] * 7, {})])
    found = shelf.items.search(CALLER, "books", [1.0] + [0.0] * 7, top_k=5)
    assert (spent.model, spent.cost_usd, shelf.ledger.events) == (None, 0, [])
    assert [(match.id, match.score, match.text) for match in found.matches] == [("a", 1.0, "a word")]


def test_texts_and_vectors_keep_their_places() -> None:
    shelf = a_shelf()
    items = [text("t1", "one"), vector("v", [1.0] + [0.0] * 7), text("t2", "two")]
    shelf.items.put(CALLER, "books", items)
    for id, words in (("t1", "one"), ("t2", "two")):
        assert shelf.items.search(CALLER, "books", words, top_k=1).matches[0].id == id


def test_filters_narrow_and_a_missing_key_is_no_match_and_no_error() -> None:
    shelf = a_shelf()
    shelf.items.put(CALLER, "points", [vector("a", [1.0, 0.0], year=2019), vector("b", [0.0, 1.0], year=2021)])

    def found(raw: dict[str, Any]) -> list[str]:
        matches = shelf.items.search(CALLER, "points", [1.0, 0.0], top_k=9, where=parse_filter(raw)).matches
        return [match.id for match in matches]

    assert found({"year": {"$gte": 2020}}) == ["b"]
    assert found({"nothing": "here"}) == found({"nothing": {"$ne": 1}}) == []


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        (vector("b", [1.0]), "/items/1/vector"),
        (vector("b", [math.nan, 1.0]), "/items/1/vector"),
        (vector("b", [math.inf, 1.0]), "/items/1/vector"),
        (vector("b", [1e39, 1.0]), "/items/1/vector"),
        (vector("b", [0.0, 0.0]), "/items/1/vector"),
        (vector("a", [1.0, 0.0]), "/items/1/id"),
        (vector("b\n", [1.0, 0.0]), "/items/1/id"),
        (NewItem("b", None, None, {}), "/items/1"),
        (text("b", "words"), "/items/1/text"),
        (NewItem("b", " \n", [1.0, 0.0], {}), "/items/1/text"),
        (NewItem("b", "x" * MAX_TEXT_BYTES, [1.0, 0.0], {}), "/items/1/text"),
        (vector("b", [1.0, 0.0], tenant="other"), "/items/1/metadata/tenant"),
        (vector("b", [1.0, 0.0], big="x" * 2048), "/items/1/metadata"),
    ],
)
def test_one_bad_item_and_nothing_is_stored(item: NewItem, pointer: str) -> None:
    shelf = a_shelf()
    with pytest.raises(InvalidInputError) as caught:
        shelf.items.put(CALLER, "points", [vector("a", [1.0, 0.0]), item])
    assert [error.pointer for error in caught.value.errors] == [pointer]
    assert shelf.items.page("acme", "points", limit=9, cursor=None).items == ()


@pytest.mark.parametrize("many", [0, MAX_ITEMS + 1])
def test_a_request_holds_so_many_items(many: int) -> None:
    shelf = a_shelf()
    with pytest.raises(InvalidInputError, match="1 to 500"):
        shelf.items.put(CALLER, "points", [vector(str(n), [1.0, 0.0]) for n in range(many)])


def test_a_text_that_is_too_long_is_named_by_its_place_among_all_items() -> None:
    shelf = a_shelf()
    items = [vector("v", [1.0] * 8), text("a", "short"), text("b", "x" * 1_001)]
    with pytest.raises(TextTooLongError) as caught:
        shelf.items.put(CALLER, "books", items)
    assert [error.pointer for error in caught.value.errors] == ["/items/2/text"]
    with pytest.raises(TextTooLongError) as caught:
        shelf.items.search(CALLER, "books", "x" * 1_001, top_k=1)
    assert [error.pointer for error in caught.value.errors] == ["/text"]


@pytest.mark.parametrize("vector", [[1.0], [0.0] * 8, [math.nan] * 8, []])
def test_a_vector_of_another_shape_searches_nothing(vector: list[float]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        a_shelf().items.search(CALLER, "books", vector, top_k=1)
    assert [error.pointer for error in caught.value.errors] == ["/vector"]


def test_a_text_searches_no_collection_of_vectors() -> None:
    with pytest.raises(InvalidInputError, match="takes vectors alone") as caught:
        a_shelf().items.search(CALLER, "points", "words", top_k=1)
    assert [error.pointer for error in caught.value.errors] == ["/text"]


def test_a_throttled_model_stores_nothing_and_a_store_that_is_down_can_be_asked_again() -> None:
    shelf = a_shelf(ModelThrottledError("slow down"))
    with pytest.raises(ModelThrottledError):
        shelf.items.put(CALLER, "books", [text("a", "words")])
    shelf.store._errors = [StoreUnavailableError("down")]
    with pytest.raises(StoreUnavailableError):
        shelf.items.put(CALLER, "books", [text("a", "words")])
    shelf.items.put(CALLER, "books", [text("a", "words")])
    assert len(shelf.items.page("acme", "books", limit=9, cursor=None).items) == 1


def test_an_index_that_is_gone_is_a_collection_that_is_not_there() -> None:
    shelf = a_shelf()
    shelf.store.indexes.clear()
    with pytest.raises(NotFoundError):
        shelf.items.search(CALLER, "points", [1.0, 0.0], top_k=1)


def test_a_service_without_embeddings_is_not_asked_for_texts() -> None:
    shelf = a_shelf()
    with pytest.raises(TypeError):
        CollectionItems(collections=shelf.lookup, store=shelf.store, embedding=None).search(
            CALLER, "books", "x", top_k=1
        )


def test_scores_lie_between_0_and_1() -> None:
    assert [score(distance, "cosine") for distance in (0.0, 0.25, 1.0, 2.0, -1e-9)] == [1.0, 0.75, 0.0, 0.0, 1.0]
    assert [score(distance, "euclidean") for distance in (0.0, 1.0, math.inf)] == [1.0, 0.5, 0.0]


def test_the_largest_float32_is_one_and_zeros_have_a_place_in_euclidean_space() -> None:
    assert vector_problem([3.4028234663852886e38], CollectionShape(1, "cosine", None)) is None
    assert vector_problem([0.0], CollectionShape(1, "euclidean", None)) is None


def test_ids_are_removed_once_each_however_often_they_are_named() -> None:
    shelf = a_shelf()
    shelf.items.put(CALLER, "points", [vector("a", [1.0, 0.0]), vector("b", [1.0, 0.0])])
    shelf.items.delete("acme", "points", ["a", "a", "never"])
    assert [item.id for item in shelf.items.page("acme", "points", limit=9, cursor=None).items] == ["b"]


def test_the_dimensions_of_the_collection_are_asked_of_the_model() -> None:
    shelf = Shelf()
    shelf.create("short", WantedCollection(dimensions=4))
    shelf.items.put(CALLER, "short", [text("a", "words")])
    assert shelf.embedder.requests[0].dimensions == 4
