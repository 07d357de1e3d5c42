"""A collection as a source of passages."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.filter_parsing import parse_filter
from lambdas.shared.domain.passage_retriever import PassageQuery, PassageRetriever
from lambdas.shared.services.collection_passages import CollectionPassageRetriever
from tests.unit.collections.shelf import CALLER, Shelf, text, vector


def a_retriever(shelf: Shelf) -> PassageRetriever:
    shelf.create("books")
    shelf.items.put(
        CALLER,
        "books",
        [
            text("p1", "herons nest in alders", document_id="report.pdf", page=3, start=120, end=141, year=2020),
            text("p2", "boats rust in herons bay", page="iv", start=True),
            vector("v", [1.0] * 8),
        ],
    )
    return CollectionPassageRetriever(items=shelf.items, caller=CALLER, collection="books")


def query(text: str, top_k: int = 9, **more: object) -> PassageQuery:
    return PassageQuery("acme", text, top_k, **more)  # type: ignore[arg-type]


def test_the_nearest_texts_are_passages_with_their_place_in_their_document() -> None:
    first, second = a_retriever(Shelf()).retrieve(query("herons nest in alders"))
    assert first.score == pytest.approx(1.0) and first.score > second.score >= 0
    assert first[:3] == ("p1", "herons nest in alders", "report.pdf")
    assert (first.page, first.start, first.end, first.metadata["year"]) == (3, 120, 141, 2020)


def test_without_a_document_the_item_is_its_own_and_a_page_is_a_number() -> None:
    _, second = a_retriever(Shelf()).retrieve(query("herons nest in alders"))
    assert (second.document_id, second.page, second.start, second.end) == ("p2", None, None, None)


def test_the_callers_filter_and_top_k_hold() -> None:
    retriever = a_retriever(Shelf())
    assert [each.id for each in retriever.retrieve(query("herons", filter=parse_filter({"year": 2020})))] == ["p1"]
    assert len(retriever.retrieve(query("herons", top_k=1))) == 1


def test_it_finds_nothing_for_another_tenant() -> None:
    with pytest.raises(ValueError, match="own caller's tenant"):
        a_retriever(Shelf()).retrieve(PassageQuery("other", "herons", 5))
