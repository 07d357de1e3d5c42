"""What is in collections: putting, listing, removing and searching; texts are embedded with the collection's model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.collection import Collection, Metric, score, vector_problem
from lambdas.shared.domain.errors import FieldError, InvalidInputError, TextTooLongError
from lambdas.shared.domain.metadata import Metadata, check_metadata, refused
from lambdas.shared.domain.metadata_filter import MetadataFilter
from lambdas.shared.domain.text_embedder import EmbeddingRequest, InputType
from lambdas.shared.domain.vector_store import ItemPage, VectorItem, VectorStore
from lambdas.shared.services.collection_lookup import CollectionLookup
from lambdas.shared.services.metered_embeddings import EmbeddedTexts
from lambdas.shared.services.metered_models import CallPurpose

MAX_ITEMS = 500
MAX_IDS = 500
# With 2 KB of metadata below the 40 KB that S3 Vectors attaches to a vector.
MAX_TEXT_BYTES = 36 * 1024
_ZERO = Decimal(0)


class Embedding(Protocol):
    """What embeds texts for money: `MeteredEmbeddings`."""

    def embed(self, request: EmbeddingRequest, purpose: CallPurpose) -> EmbeddedTexts: ...


class NewItem(NamedTuple):
    """An item as a caller gives it: without `vector` its text is embedded."""

    id: str
    text: str | None
    vector: Sequence[float] | None
    metadata: Mapping[str, object]


class Spent(NamedTuple):
    """What embedding took. `model` None = nothing was embedded; `cost_usd` None = not known."""

    model: str | None = None
    input_tokens: int = 0
    cost_usd: Decimal | None = _ZERO


class Match(NamedTuple):
    """One result of a search. `score`: 0 to 1, more is nearer; see `domain.collection.score`."""

    id: str
    score: float
    distance: float
    text: str | None
    metadata: Metadata


class SearchResult(NamedTuple):
    matches: list[Match]
    metric: Metric
    spent: Spent


class CollectionItems:
    """Every call raises NotFoundError for a collection that the tenant does not have, and StoreUnavailableError."""

    def __init__(self, *, collections: CollectionLookup, store: VectorStore, embedding: Embedding | None) -> None:
        """`embedding` None = for listing and removing alone."""
        self._collections = collections
        self._store = store
        self._embedding = embedding

    def put(self, caller: Caller, name: str, items: Sequence[NewItem]) -> Spent:
        """Add or replace by id. Everything is checked before a text is paid for: raises InvalidInputError with a JSON
        pointer, TextTooLongError, and what `MeteredEmbeddings` raises."""
        collection = self._collections.ready(caller.tenant, name)
        _check_items(items, collection)
        texts = {place: item.text for place, item in enumerate(items) if item.vector is None and item.text is not None}
        pointers = {f"/items/{place}/text": text for place, text in texts.items()}
        embedded = self._embed(collection, pointers, "document", _purpose(caller, name, "put"))
        made = dict(zip(texts, embedded.vectors, strict=True)) if embedded else {}
        self._store.put(collection.index_name, [_stored(item, made.get(place)) for place, item in enumerate(items)])
        return _spent(embedded)

    def page(self, tenant: str, name: str, *, limit: int, cursor: str | None) -> ItemPage:
        """Items in the store's own order, which is no order at all. Raises InvalidInputError for a bad cursor."""
        collection = self._collections.ready(tenant, name)
        return self._store.page(collection.index_name, limit=limit, cursor=cursor)

    def delete(self, tenant: str, name: str, ids: Sequence[str]) -> None:
        """Remove these; ids that are not there are no error."""
        collection = self._collections.ready(tenant, name)
        self._store.delete(collection.index_name, list(dict.fromkeys(ids)))

    def search(
        self,
        caller: Caller,
        name: str,
        wanted: str | Sequence[float],
        *,
        top_k: int,
        where: MetadataFilter | None = None,
    ) -> SearchResult:
        """The nearest to a text or a vector, best first. Raises what `put` does."""
        collection = self._collections.ready(caller.tenant, name)
        embedded = None
        if isinstance(wanted, str):
            embedded = self._embed(collection, {"/text": wanted}, "query", _purpose(caller, name, "search"))
            (vector,) = embedded.vectors if embedded else ([],)
        else:
            vector = list(wanted)
            if problem := vector_problem(vector, collection.shape):
                raise refused("/vector", problem)
        metric = collection.shape.metric
        found = self._store.query(collection.index_name, vector, top_k=top_k, where=where)
        matches = [
            Match(each.id, score(each.distance, metric), each.distance, each.text, each.metadata) for each in found
        ]
        return SearchResult(matches, metric, _spent(embedded))

    def _embed(
        self,
        collection: Collection,
        texts: Mapping[str, str],
        input_type: InputType,
        purpose: CallPurpose,
    ) -> EmbeddedTexts | None:
        """`texts` by their JSON pointers, in order; None where there is nothing to embed."""
        if not texts:
            return None
        model = collection.shape.model
        if model is None:
            at = next(iter(texts))
            raise refused(at, f"the collection {collection.name} has no model and takes vectors alone; send a vector")
        if self._embedding is None:
            raise TypeError("this service was made without embeddings")
        request = EmbeddingRequest(model, list(texts.values()), input_type, collection.shape.dimensions)
        try:
            return self._embedding.embed(request, purpose)
        except TextTooLongError as error:
            error.errors = (FieldError(list(texts)[error.index], str(error)),)
            raise


def _check_items(items: Sequence[NewItem], collection: Collection) -> None:
    if not 1 <= len(items) <= MAX_ITEMS:
        raise refused("/items", f"must hold 1 to {MAX_ITEMS} items")
    seen: set[str] = set()
    for place, item in enumerate(items):
        at = f"/items/{place}"
        if item.id in seen:
            raise refused(f"{at}/id", "comes twice in this request; ids are unique in a collection")
        seen.add(item.id)
        if not item.id.isprintable():
            raise refused(f"{at}/id", "must hold no line breaks and no other control characters")
        _check_item(item, at, collection)


def _check_item(item: NewItem, at: str, collection: Collection) -> None:
    if item.text is None and item.vector is None:
        raise refused(at, "must have a text, a vector, or both")
    if item.text is not None:
        if not item.text.strip():
            raise refused(f"{at}/text", "must not be blank")
        size = len(json.dumps(item.text, ensure_ascii=False).encode())
        if size > MAX_TEXT_BYTES:
            raise refused(f"{at}/text", f"at most {MAX_TEXT_BYTES:,} bytes as JSON, these are {size:,}; split it")
    if item.vector is not None and (problem := vector_problem(item.vector, collection.shape)):
        raise refused(f"{at}/vector", problem)
    check_metadata(item.metadata, f"{at}/metadata")


def _stored(item: NewItem, made: Sequence[float] | None) -> VectorItem:
    vector = item.vector if item.vector is not None else made
    if vector is None:
        raise InvalidInputError(f"Item {item.id} has neither a vector nor a text.")  # checked before: cannot be
    return VectorItem(item.id, vector, item.text, item.metadata)  # type: ignore[arg-type]


def _spent(embedded: EmbeddedTexts | None) -> Spent:
    return Spent(embedded.model, embedded.input_tokens, embedded.cost_usd) if embedded else Spent()


def _purpose(caller: Caller, name: str, verb: str) -> CallPurpose:
    return CallPurpose(caller.tenant, caller.client, caller.subject, f"collections.{verb}", name)
