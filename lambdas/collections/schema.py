"""Collections on the wire: making and describing them, their items, and searching."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from lambdas.shared.domain.collection import MAX_DIMENSIONS, MAX_TOP_K, Collection, Metric
from lambdas.shared.domain.collection_registry import CollectionPage
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.metadata import MAX_KEY_CHARACTERS, refused
from lambdas.shared.domain.metadata_filter import MetadataValue
from lambdas.shared.domain.timestamps import to_iso
from lambdas.shared.domain.vector_store import ItemPage
from lambdas.shared.services.collection_classes import Verdict
from lambdas.shared.services.collection_items import MAX_IDS, MAX_ITEMS, NewItem, SearchResult, Spent
from lambdas.shared.services.collections import NO_MODEL, WantedCollection

LARGEST_PAGE = 100
DEFAULT_PAGE = 20
DEFAULT_TOP_K = 10

# S3 Vectors takes 1,024 bytes; a character has up to four.
ItemId = Annotated[str, Meta(min_length=1, max_length=256)]
Vector = Annotated[list[float], Meta(min_length=1, max_length=MAX_DIMENSIONS)]
Text = Annotated[str, Meta(pattern=r"\S")]
StoredMetadata = dict[str, MetadataValue | list[str]]


class CollectionBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How a collection is made; all of it stays for ever. Without `model` the deployment's own embeds its texts; with
    `none` it takes vectors alone, and `dimensions` must be told."""

    metric: Metric = "cosine"
    dimensions: Annotated[int, Meta(ge=1, le=MAX_DIMENSIONS)] | None = None
    model: Annotated[str, Meta(pattern=r"\S")] | None = None


class CollectionView(msgspec.Struct):
    """One collection. `model` is the id that embeds its texts, or `none`."""

    name: str
    metric: Metric
    dimensions: int
    model: str
    state: str
    created_at: str


class CollectionsAnswer(msgspec.Struct):
    """A page of collections, by name."""

    items: list[CollectionView]
    next_cursor: str | None


class ItemBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An item with a text, which is embedded, or a vector, which may have a text beside it. One with the same id is
    replaced. `metadata`: up to 2 KB of strings, numbers, booleans and lists of strings, which filters can ask for."""

    id: ItemId
    text: Text | None = None
    vector: Vector | None = None
    metadata: dict[str, Any] = {}


class ItemsBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    items: Annotated[list[ItemBody], Meta(min_length=1, max_length=MAX_ITEMS)]


class EmbeddingUsage(msgspec.Struct):
    """Tokens that were embedded."""

    input_tokens: int


class StoredAnswer(msgspec.Struct):
    """How many items were stored. `model` null = nothing was embedded; `cost_usd` null = not known."""

    stored: int
    model: str | None
    usage: EmbeddingUsage
    cost_usd: Decimal | None


class ItemView(msgspec.Struct):
    id: str
    text: str | None
    metadata: StoredMetadata


class ItemsAnswer(msgspec.Struct):
    """A page of items, in no particular order."""

    items: list[ItemView]
    next_cursor: str | None


class RemovedItemsBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Ids of items to remove; those that are not there are no error."""

    ids: Annotated[list[ItemId], Meta(min_length=1, max_length=MAX_IDS)]


class SearchBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What to look for: a text or a vector. `filter`: conditions on the metadata, in S3 Vectors' own grammar."""

    text: Text | None = None
    vector: Vector | None = None
    filter: dict[str, Any] | None = None
    top_k: Annotated[int, Meta(ge=1, le=MAX_TOP_K)] = DEFAULT_TOP_K


class MatchView(msgspec.Struct):
    """`score`: 0 to 1, more is nearer; `distance` by the collection's metric, less is nearer."""

    id: str
    score: float
    distance: float
    text: str | None
    metadata: StoredMetadata


class SearchAnswer(msgspec.Struct):
    """The nearest first. `model` null = nothing was embedded; `cost_usd` null = not known."""

    results: list[MatchView]
    metric: Metric
    model: str | None
    usage: EmbeddingUsage
    cost_usd: Decimal | None


class ClassifyBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What to classify: a text or a vector. `label` names the metadata that holds the examples' classes; the `top_k`
    nearest examples vote, and a lead below `min_margin` is uncertain."""

    text: Text | None = None
    vector: Vector | None = None
    label: Annotated[str, Meta(min_length=1, max_length=MAX_KEY_CHARACTERS)] = "label"
    filter: dict[str, Any] | None = None
    top_k: Annotated[int, Meta(ge=1, le=MAX_TOP_K)] = DEFAULT_TOP_K
    min_margin: Annotated[float, Meta(ge=0, le=1)] = 0.2


class ClassShare(msgspec.Struct):
    """`score`: the class's share of the votes."""

    label: str
    score: float


class ClassifyAnswer(msgspec.Struct):
    """Best first; empty where no example was found. `voters`: how many examples voted."""

    results: list[ClassShare]
    margin: float
    uncertain: bool
    voters: int
    model: str | None
    usage: EmbeddingUsage
    cost_usd: Decimal | None


def wanted_collection(body: CollectionBody) -> WantedCollection:
    return WantedCollection(body.metric, body.dimensions, body.model)


def new_items(body: ItemsBody) -> list[NewItem]:
    return [NewItem(item.id, item.text, item.vector, item.metadata) for item in body.items]


def searched(body: SearchBody | ClassifyBody) -> str | list[float]:
    """Exactly one of the two. Raises InvalidInputError."""
    if body.text is not None and body.vector is None:
        return body.text
    if body.vector is not None and body.text is None:
        return body.vector
    raise InvalidInputError("Send a text or a vector, and not both.")


def collection_view(collection: Collection) -> CollectionView:
    dimensions, metric, model = collection.shape
    created = to_iso(collection.created_at)
    return CollectionView(collection.name, metric, dimensions, model or NO_MODEL, collection.state, created)


def collections_answer(page: CollectionPage) -> CollectionsAnswer:
    return CollectionsAnswer([collection_view(each) for each in page.items], page.after)


def stored_answer(stored: int, spent: Spent) -> StoredAnswer:
    return StoredAnswer(stored, spent.model, EmbeddingUsage(spent.input_tokens), spent.cost_usd)


def items_answer(page: ItemPage) -> ItemsAnswer:
    return ItemsAnswer([ItemView(each.id, each.text, dict(each.metadata)) for each in page.items], page.cursor)


def search_answer(result: SearchResult) -> SearchAnswer:
    matches = [MatchView(each.id, each.score, each.distance, each.text, dict(each.metadata)) for each in result.matches]
    spent = result.spent
    return SearchAnswer(matches, result.metric, spent.model, EmbeddingUsage(spent.input_tokens), spent.cost_usd)


def classify_answer(verdict: Verdict) -> ClassifyAnswer:
    ranking = [ClassShare(label, share) for label, share in verdict.ranking]
    spent = verdict.spent
    usage = EmbeddingUsage(spent.input_tokens)
    return ClassifyAnswer(
        ranking, verdict.margin, verdict.uncertain, verdict.voters, spent.model, usage, spent.cost_usd
    )


def page_size(text: str | None) -> int:
    """`?limit=`; raises InvalidInputError."""
    if text is None:
        return DEFAULT_PAGE
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= LARGEST_PAGE:
        return int(text)
    raise refused("/limit", f"must be 1 to {LARGEST_PAGE}")


def name_after(cursor: str | None) -> str | None:
    """The cursor of a list of collections is the last name of the page before. Raises InvalidInputError."""
    if cursor is None or (cursor and len(cursor) <= 63 and cursor.isascii() and cursor.replace("-", "a").isalnum()):
        return cursor
    raise refused("/cursor", "must be a page's next_cursor, unchanged")
