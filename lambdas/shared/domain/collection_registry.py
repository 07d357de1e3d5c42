"""The port to the collections that there are: names, shapes, and whose they are."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from lambdas.shared.domain.collection import Collection


class CollectionPage(NamedTuple):
    """By name; `after` = the name after which the next page begins, None on the last one."""

    items: tuple[Collection, ...]
    after: str | None


class CollectionRegistry(Protocol):
    """Rows of collections; every call names the tenant, and reaches no other's."""

    def add(self, collection: Collection, *, most: int) -> Collection:
        """Add it unless its name is taken; answers the row that stands now, which may be an older one. Raises
        TooManyCollectionsError when the tenant has `most` of them, however many are added at the same time."""
        ...

    def get(self, tenant: str, name: str) -> Collection | None:
        """What was last written; None where there is none."""
        ...

    def mark_ready(self, collection: Collection) -> Collection:
        """This very row is complete. Raises NotFoundError when it is gone or being deleted, or another of the same
        name stands."""
        ...

    def mark_deleting(self, collection: Collection) -> Collection:
        """From now on this very row is only there to be removed. Raises NotFoundError when it is gone."""
        ...

    def remove(self, collection: Collection) -> None:
        """Remove this very row and free its place; nothing happens when it is gone."""
        ...

    def page(self, tenant: str, *, limit: int, after: str | None) -> CollectionPage:
        """Rows in the order of their names."""
        ...
