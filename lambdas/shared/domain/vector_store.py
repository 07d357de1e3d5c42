"""The port to where the vectors of collections are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from lambdas.shared.domain.collection import CollectionShape
from lambdas.shared.domain.metadata import Metadata
from lambdas.shared.domain.metadata_filter import MetadataFilter


class VectorItem(NamedTuple):
    """One vector to store, with what belongs to it. `text` None = it has none."""

    id: str
    vector: Sequence[float]
    text: str | None
    metadata: Metadata


class StoredItem(NamedTuple):
    """What is listed of an item."""

    id: str
    text: str | None
    metadata: Metadata


class Neighbour(NamedTuple):
    """One result. `distance`: 1 - cosine (0 to 2), or the length of the difference, less is nearer."""

    id: str
    distance: float
    text: str | None
    metadata: Metadata


class ItemPage(NamedTuple):
    """`cursor` leads to the next page, None on the last one."""

    items: tuple[StoredItem, ...]
    cursor: str | None


class VectorStore(Protocol):
    """Indexes of vectors by name. Any call may raise StoreUnavailableError, which asks for another try, and those on
    an index that is not there raise NotFoundError."""

    def create_index(self, index: str, shape: CollectionShape) -> None:
        """Make it; nothing happens if it is there. Raises TooManyCollectionsError when the store takes no more."""
        ...

    def delete_index(self, index: str) -> None:
        """Remove it with its vectors; nothing happens if it is gone."""
        ...

    def put(self, index: str, items: Sequence[VectorItem]) -> None:
        """Add or replace, by id. What was written before an error came stays; the same call completes it."""
        ...

    def delete(self, index: str, ids: Sequence[str]) -> None:
        """Remove these; ids that are not there are no error."""
        ...

    def page(self, index: str, *, limit: int, cursor: str | None) -> ItemPage:
        """At most `limit` (1 to 1,000) items in the store's own order. Raises InvalidInputError for a bad cursor."""
        ...

    def query(
        self, index: str, vector: Sequence[float], *, top_k: int, where: MetadataFilter | None
    ) -> list[Neighbour]:
        """The nearest first, at most `top_k` (1 to 100), of those that fulfil `where` as `filter_matching` says."""
        ...
