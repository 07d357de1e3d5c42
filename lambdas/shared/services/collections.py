"""Making, describing and deleting collections; whoever owns one is its tenant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from lambdas.shared.domain.collection import (
    MAX_DIMENSIONS,
    Collection,
    CollectionShape,
    Metric,
    check_collection_name,
    new_index_name,
)
from lambdas.shared.domain.collection_registry import CollectionPage, CollectionRegistry
from lambdas.shared.domain.errors import (
    ConflictError,
    FieldError,
    InvalidInputError,
    NotFoundError,
    TooManyCollectionsError,
)
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.domain.vector_store import VectorStore

NO_MODEL = "none"


class WantedCollection(NamedTuple):
    """As a caller asks for it: `model` None = the deployment's own, `none` = vectors alone, which `dimensions` must be
    told for."""

    metric: Metric = "cosine"
    dimensions: int | None = None
    model: str | None = None


# The id that an alias or id stands for, and how long its vectors are if so many are asked for.
ModelShape = Callable[[str | None, int | None], tuple[str, int]]


class Collections:
    """`model_shape` raises UnknownModelError, and InvalidInputError for dimensions that the model does not make."""

    def __init__(
        self,
        *,
        registry: CollectionRegistry,
        store: VectorStore,
        model_shape: ModelShape,
        most_per_tenant: int,
        now: Callable[[], datetime] = utc_now,
        new_salt: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._registry = registry
        self._store = store
        self._model_shape = model_shape
        self._most = most_per_tenant
        self._now = now
        self._new_salt = new_salt

    def create(self, tenant: str, name: str, wanted: WantedCollection) -> tuple[Collection, bool]:
        """The collection, and whether this call made it; the same call again answers what is there.

        The row comes first: what a crash leaves behind is known, counts, and is completed by the next try. Raises
        InvalidInputError, UnknownModelError, ConflictError (it is there with another shape), TooManyCollectionsError.
        """
        shape = self._shape(wanted)
        new = Collection(
            tenant, check_collection_name(name), new_index_name(tenant, name, self._new_salt()), shape, self._now()
        )
        standing = self._registry.add(new, most=self._most)
        if standing.state == "deleting":
            self._finish_deleting(standing)
            standing = self._registry.add(new, most=self._most)
        if standing.shape != shape:
            raise ConflictError(_other_shape(standing))
        if standing.state == "creating":
            standing = self._finish_creating(standing)
        return standing, standing.index_name == new.index_name

    def page(self, tenant: str, *, limit: int, after: str | None) -> CollectionPage:
        """By name; those that are being deleted are left out."""
        page = self._registry.page(tenant, limit=limit, after=after)
        return page._replace(items=tuple(each for each in page.items if each.state != "deleting"))

    def delete(self, tenant: str, name: str) -> None:
        """With all that is in it; what a crash leaves is completed by the next try. Raises NotFoundError."""
        found = self._registry.get(tenant, check_collection_name(name))
        if found is None:
            raise NotFoundError("There is no such collection.")
        self._finish_deleting(self._registry.mark_deleting(found))

    def _finish_creating(self, collection: Collection) -> Collection:
        try:
            self._store.create_index(collection.index_name, collection.shape)
        except TooManyCollectionsError:
            self._registry.remove(collection)  # the bucket is full: the row would hold a place for nothing
            raise
        try:
            return self._registry.mark_ready(collection)
        except NotFoundError:  # deleted in the meantime, perhaps before there was an index to delete
            self._store.delete_index(collection.index_name)
            raise

    def _finish_deleting(self, collection: Collection) -> None:
        self._store.delete_index(collection.index_name)
        self._registry.remove(collection)

    def _shape(self, wanted: WantedCollection) -> CollectionShape:
        if wanted.model != NO_MODEL:
            model, dimensions = self._model_shape(wanted.model, wanted.dimensions)
            return CollectionShape(dimensions, wanted.metric, model)
        if wanted.dimensions is None or not 1 <= wanted.dimensions <= MAX_DIMENSIONS:
            remedy = f"1 to {MAX_DIMENSIONS:,}, and must be told where no model makes the vectors"
            raise InvalidInputError(f"/dimensions: is {remedy}.", errors=(FieldError("/dimensions", remedy),))
        return CollectionShape(wanted.dimensions, wanted.metric, None)


def _other_shape(standing: Collection) -> str:
    dimensions, metric, model = standing.shape
    return (
        f"The collection {standing.name} exists with metric {metric}, {dimensions} dimensions and model "
        f"{model or NO_MODEL}, which never change; delete it first, or take another name."
    )
