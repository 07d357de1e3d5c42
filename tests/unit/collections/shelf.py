"""Collections on fakes: what each test begins with."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.model_catalog import ModelCatalog
from lambdas.shared.services.collection_items import CollectionItems, NewItem
from lambdas.shared.services.collection_lookup import CollectionLookup
from lambdas.shared.services.collections import Collections, WantedCollection
from lambdas.shared.services.metered_embeddings import MeteredEmbeddings
from tests.fakes.collections import InMemoryCollectionRegistry, InMemoryVectorStore
from tests.fakes.embeddings import ScriptedTextEmbedder, embedding_card
from tests.fakes.models import InMemoryLedger

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MODEL = "acme.embed-v1:0"
CALLER = Caller(tenant="acme", client="shop", subject="shop")
VECTORS = WantedCollection(model="none", dimensions=2)


class Shelf:
    """The services over fakes, which stand beside them."""

    def __init__(self, *errors: Exception | None, most: int = 100, store: InMemoryVectorStore | None = None) -> None:
        self.registry = InMemoryCollectionRegistry()
        self.store = store or InMemoryVectorStore()
        self.ledger = InMemoryLedger()
        self.embedder = ScriptedTextEmbedder(*errors)
        catalog = ModelCatalog([embedding_card()], aliases={"embedding": MODEL})
        self.embeddings = MeteredEmbeddings(embedder=self.embedder, catalog=catalog, ledger=self.ledger)
        salts = count()
        self.collections = Collections(
            registry=self.registry,
            store=self.store,
            model_shape=self._shape_of,
            most_per_tenant=most,
            now=lambda: NOON,
            new_salt=lambda: str(next(salts)),
        )
        self.lookup = CollectionLookup(self.registry)
        self.items = CollectionItems(collections=self.lookup, store=self.store, embedding=self.embeddings)

    def _shape_of(self, model: str | None, dimensions: int | None) -> tuple[str, int]:
        name = model or "embedding"
        return self.embeddings.resolve(name).model_id, self.embeddings.dimensions(name, dimensions)

    def create(self, name: str = "books", wanted: WantedCollection = WantedCollection(), tenant: str = "acme") -> Any:  # noqa: B008
        return self.collections.create(tenant, name, wanted)[0]


def text(id: str, words: str, **metadata: Any) -> NewItem:
    return NewItem(id, words, None, metadata)


def vector(id: str, numbers: list[float], **metadata: Any) -> NewItem:
    return NewItem(id, None, numbers, metadata)
