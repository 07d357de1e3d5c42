"""Making and deleting collections, whatever breaks in between."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.shared.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    StoreUnavailableError,
    TooManyCollectionsError,
    UnknownModelError,
)
from lambdas.shared.services.collections import WantedCollection
from tests.fakes.collections import InMemoryVectorStore
from tests.unit.collections.shelf import CALLER, MODEL, VECTORS, Shelf, vector


def test_the_deployments_model_and_its_own_dimensions_are_what_is_taken_without_a_wish() -> None:
    made = Shelf().create()
    assert (made.shape, made.state) == ((8, "cosine", MODEL), "ready")


def test_what_is_asked_for_is_made() -> None:
    shelf = Shelf()
    assert shelf.create("a", WantedCollection("euclidean", 4, "embedding")).shape == (4, "euclidean", MODEL)
    assert shelf.create("b", VECTORS).shape == (2, "cosine", None)


def test_the_same_wish_again_is_the_same_collection_and_another_one_a_conflict() -> None:
    shelf = Shelf()
    first = shelf.collections.create("acme", "books", WantedCollection())
    again = shelf.collections.create("acme", "books", WantedCollection(dimensions=8, model=MODEL))
    assert (first[1], again) == (True, (first[0], False))
    for other in (WantedCollection(dimensions=4), WantedCollection("euclidean"), VECTORS):
        with pytest.raises(ConflictError, match=r"metric cosine, 8 dimensions and model acme.*never change"):
            shelf.create("books", other)


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a" * 64, "a/b", "über", "a\n", "#count"])
def test_other_names_are_refused_by_every_verb(name: str) -> None:
    shelf = Shelf()
    for call in (shelf.lookup.one, shelf.collections.delete):
        with pytest.raises(InvalidInputError):
            call("acme", name)
    with pytest.raises(InvalidInputError):
        shelf.create(name)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (WantedCollection(model="none"), InvalidInputError),
        (WantedCollection(model="none", dimensions=0), InvalidInputError),
        (WantedCollection(model="none", dimensions=4097), InvalidInputError),
        (WantedCollection(dimensions=5), InvalidInputError),
        (WantedCollection(model="acme.unheard-of"), UnknownModelError),
    ],
)
def test_a_wish_that_cannot_be_met_leaves_no_row(wanted: WantedCollection, error: type[Exception]) -> None:
    shelf = Shelf()
    with pytest.raises(error):
        shelf.create("books", wanted)
    assert shelf.registry.rows == {}


def test_a_tenant_has_so_many_and_its_neighbour_as_many_of_its_own() -> None:
    shelf = Shelf(most=2)
    shelf.create("a"), shelf.create("b"), shelf.create("a", tenant="other")
    with pytest.raises(TooManyCollectionsError):
        shelf.create("c")
    shelf.collections.delete("acme", "a")
    shelf.create("c")


def test_a_store_that_is_full_leaves_no_row() -> None:
    shelf = Shelf(store=InMemoryVectorStore(most=1))
    shelf.create("a")
    with pytest.raises(TooManyCollectionsError):
        shelf.create("b")
    with pytest.raises(NotFoundError):
        shelf.lookup.one("acme", "b")


def test_one_that_was_cut_short_says_so_and_the_next_try_completes_it() -> None:
    shelf = Shelf(store=InMemoryVectorStore(StoreUnavailableError("down")))
    with pytest.raises(StoreUnavailableError):
        shelf.create()
    assert shelf.lookup.one("acme", "books").state == "creating"
    for call in (
        lambda: shelf.items.put(CALLER, "books", [vector("a", [1.0] * 8)]),
        lambda: shelf.items.search(CALLER, "books", "x", top_k=1),
        lambda: shelf.items.page("acme", "books", limit=1, cursor=None),
        lambda: shelf.items.delete("acme", "books", ["a"]),
    ):
        with pytest.raises(ConflictError, match="send the PUT"):
            call()
    made, new = shelf.collections.create("acme", "books", WantedCollection())
    assert (made.state, new) == ("ready", False)


def test_a_delete_that_was_cut_short_is_completed_by_the_next_delete_or_put() -> None:
    for finish in ("delete", "create"):
        store = InMemoryVectorStore(None, None, StoreUnavailableError("down"))
        shelf = Shelf(store=store)
        first = shelf.create()
        shelf.items.put(CALLER, "books", [vector("a", [1.0] * 8)])
        with pytest.raises(StoreUnavailableError):
            shelf.collections.delete("acme", "books")
        with pytest.raises(NotFoundError):
            shelf.lookup.one("acme", "books")
        assert shelf.collections.page("acme", limit=5, after=None).items == ()
        if finish == "delete":
            shelf.collections.delete("acme", "books")
            assert (shelf.registry.rows, store.indexes) == ({}, {})
        else:
            again = shelf.create()
            assert again.index_name != first.index_name
            assert store.indexes == {again.index_name: {}}, "nothing of the old one is there"


def test_one_that_is_deleted_while_it_is_made_leaves_no_index() -> None:
    shelf = Shelf()

    class MeanwhileDeleted(InMemoryVectorStore):
        def create_index(self, index: str, shape: Any) -> None:
            row = shelf.registry.rows["acme", "books"]
            shelf.registry.remove(shelf.registry.mark_deleting(row))
            super().create_index(index, shape)

    shelf.collections._store = shelf.store = MeanwhileDeleted()
    with pytest.raises(NotFoundError):
        shelf.create()
    assert shelf.store.indexes == {}


def test_what_is_not_there_or_somebody_elses_is_not_found() -> None:
    shelf = Shelf()
    shelf.create(tenant="other")
    for call in (shelf.lookup.one, shelf.collections.delete):
        with pytest.raises(NotFoundError):
            call("acme", "books")
    assert shelf.lookup.one("other", "books").state == "ready"


def test_nobody_can_tell_from_an_index_whose_it_is() -> None:
    shelf = Shelf()
    names = {shelf.create("books", tenant=tenant).index_name for tenant in ("a", "b")}
    assert len(names) == 2
    assert all(name.startswith("c-") and len(name) == 50 and "books" not in name for name in names)
