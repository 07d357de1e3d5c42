"""Finds a caller's collection, or says that there is none."""

from __future__ import annotations

from lambdas.shared.domain.collection import Collection, check_collection_name
from lambdas.shared.domain.collection_registry import CollectionRegistry
from lambdas.shared.domain.errors import ConflictError, NotFoundError


class CollectionLookup:
    """The tenant always comes from the authenticated caller."""

    def __init__(self, registry: CollectionRegistry) -> None:
        self._registry = registry

    def one(self, tenant: str, name: str) -> Collection:
        """Raises InvalidInputError for what is no name, and NotFoundError, also for another tenant's collection and for
        one that is being deleted."""
        found = self._registry.get(tenant, check_collection_name(name))
        if found is None or found.state == "deleting":
            raise NotFoundError("There is no such collection.")
        return found

    def ready(self, tenant: str, name: str) -> Collection:
        """One that items can go into. Raises ConflictError for one that is not complete, and what `one` does."""
        found = self.one(tenant, name)
        if found.state == "creating":
            raise ConflictError(f"The collection {name} is not complete yet; send the PUT that makes it once more.")
        return found
