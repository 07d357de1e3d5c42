"""Fakes of what collections need: the registry, and the store of vectors, which measures with plain arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lambdas.shared.domain.collection import Collection, CollectionShape
from lambdas.shared.domain.collection_registry import CollectionPage
from lambdas.shared.domain.errors import FieldError, InvalidInputError, NotFoundError, TooManyCollectionsError
from lambdas.shared.domain.filter_matching import matches
from lambdas.shared.domain.metadata_filter import MetadataFilter
from lambdas.shared.domain.vector_store import ItemPage, Neighbour, StoredItem, VectorItem


class InMemoryCollectionRegistry:
    """A `CollectionRegistry`; `rows` by tenant and name."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Collection] = {}

    def add(self, collection: Collection, *, most: int) -> Collection:
        key = (collection.tenant, collection.name)
        if key not in self.rows:
            if sum(tenant == collection.tenant for tenant, _ in self.rows) >= most:
                raise TooManyCollectionsError(f"{most} collections are as many as there may be")
            self.rows[key] = collection
        return self.rows[key]

    def get(self, tenant: str, name: str) -> Collection | None:
        return self.rows.get((tenant, name))

    def mark_ready(self, collection: Collection) -> Collection:
        if self._this(collection).state == "deleting":
            raise NotFoundError("it is being deleted")
        return self._put(self._this(collection)._replace(state="ready"))

    def mark_deleting(self, collection: Collection) -> Collection:
        return self._put(self._this(collection)._replace(state="deleting"))

    def remove(self, collection: Collection) -> None:
        standing = self.rows.get((collection.tenant, collection.name))
        if standing and standing.index_name == collection.index_name:
            del self.rows[collection.tenant, collection.name]

    def page(self, tenant: str, *, limit: int, after: str | None) -> CollectionPage:
        names = sorted(name for owner, name in self.rows if owner == tenant and (after is None or name > after))
        items = tuple(self.rows[tenant, name] for name in names[:limit])
        return CollectionPage(items, items[-1].name if len(names) > limit else None)

    def _this(self, collection: Collection) -> Collection:
        standing = self.rows.get((collection.tenant, collection.name))
        if standing is None or standing.index_name != collection.index_name:
            raise NotFoundError("it is gone")
        return standing

    def _put(self, collection: Collection) -> Collection:
        self.rows[collection.tenant, collection.name] = collection
        return collection


class InMemoryVectorStore:
    """A `VectorStore`. `errors` are raised, one a call, None lets a call through; at most `most` indexes."""

    def __init__(self, *errors: Exception | None, most: int = 10_000) -> None:
        self.indexes: dict[str, dict[str, VectorItem]] = {}
        self._shapes: dict[str, CollectionShape] = {}
        self._errors = list(errors)
        self._most = most

    def create_index(self, index: str, shape: CollectionShape) -> None:
        self._meet_an_error()
        if index in self.indexes:
            return
        if len(self.indexes) >= self._most:
            raise TooManyCollectionsError("the store is full")
        self.indexes[index], self._shapes[index] = {}, shape

    def delete_index(self, index: str) -> None:
        self._meet_an_error()
        self.indexes.pop(index, None)

    def put(self, index: str, items: Sequence[VectorItem]) -> None:
        self._meet_an_error()
        self._items(index).update({item.id: item for item in items})

    def delete(self, index: str, ids: Sequence[str]) -> None:
        self._meet_an_error()
        for each in ids:
            self._items(index).pop(each, None)

    def page(self, index: str, *, limit: int, cursor: str | None) -> ItemPage:
        self._meet_an_error()
        if cursor is not None and not cursor.startswith("after:"):
            raise InvalidInputError("a bad cursor", errors=(FieldError("/cursor", "unchanged"),))
        items = sorted(self._items(index).values())
        rest = [item for item in items if cursor is None or item.id > cursor.removeprefix("after:")]
        shown = tuple(StoredItem(item.id, item.text, item.metadata) for item in rest[:limit])
        return ItemPage(shown, f"after:{shown[-1].id}" if len(rest) > limit else None)

    def query(
        self, index: str, vector: Sequence[float], *, top_k: int, where: MetadataFilter | None
    ) -> list[Neighbour]:
        self._meet_an_error()
        measure = (
            cosine_distance if self._shapes.get(index, None) and self._shapes[index].metric == "cosine" else math.dist
        )
        found = [
            Neighbour(item.id, measure(item.vector, vector), item.text, item.metadata)
            for item in self._items(index).values()
            if where is None or matches(where, item.metadata)
        ]
        return sorted(found, key=lambda each: (each.distance, each.id))[:top_k]

    def _items(self, index: str) -> dict[str, VectorItem]:
        if index not in self.indexes:
            raise NotFoundError("There is no such collection (any more).")
        return self.indexes[index]

    def _meet_an_error(self) -> None:
        if self._errors and (error := self._errors.pop(0)):
            raise error


def cosine_distance(left: Sequence[float], right: Sequence[float]) -> float:
    """1 - cosine."""
    return 1.0 - sum(a * b for a, b in zip(left, right, strict=True)) / (math.hypot(*left) * math.hypot(*right))
