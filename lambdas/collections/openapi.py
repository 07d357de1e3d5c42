"""The operations on collections, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lambdas.collections.schema import (
    DEFAULT_PAGE,
    LARGEST_PAGE,
    ClassifyAnswer,
    ClassifyBody,
    CollectionBody,
    CollectionsAnswer,
    CollectionView,
    ItemsAnswer,
    ItemsBody,
    RemovedItemsBody,
    SearchAnswer,
    SearchBody,
    StoredAnswer,
)
from lambdas.shared.domain import errors
from lambdas.shared.domain.collection import NAME_PATTERN
from lambdas.shared.runtime.operation import Operation, Parameter, page_parameters

_TEXT = "The heronry on the lower Sallow grew from 41 to 57 occupied nests in its third season."
_METADATA = {"document_id": "heron-field-report.pdf", "page": 1, "year": 2026, "topics": ["nests", "herons"]}
_COLLECTION: dict[str, Any] = {
    "name": "field-reports",
    "metric": "cosine",
    "dimensions": 1024,
    "model": "amazon.titan-embed-text-v2:0",
    "state": "ready",
    "created_at": "2026-11-25T09:12:05.113Z",
}
_SPENT: dict[str, Any] = {
    "model": "amazon.titan-embed-text-v2:0",
    "usage": {"input_tokens": 22},
    "cost_usd": 0.00000044,
}
_ITEM = {"id": "heron-1", "text": _TEXT, "metadata": _METADATA}
_NAME = Parameter(
    name="name",
    place="path",
    schema={"type": "string", "pattern": f"^{NAME_PATTERN}$"},
    description="A collection of your tenant. Another tenant's is a 404, like one that does not exist.",
    example=_COLLECTION["name"],
)
_SHARED: dict[str, Any] = {"tag": "collections", "scope": "collections"}
_MANAGE: dict[str, Any] = {**_SHARED, "handler": "collections/manage"}
_EMBED: dict[str, Any] = {**_SHARED, "handler": "collections/embed", "parameters": (_NAME,), "idempotent": True}
_ONE: dict[str, Any] = {**_MANAGE, "path": "/collections/{name}", "parameters": (_NAME,)}
_ITEMS: dict[str, Any] = {**_MANAGE, "path": "/collections/{name}/items"}
_STORE = (errors.StoreUnavailableError,)
_IN_ONE = (errors.NotFoundError, errors.ConflictError, *_STORE)
_EMBEDDING = (
    *_IN_ONE,
    errors.UnknownModelError,
    errors.TextTooLongError,
    errors.ModelError,
    errors.ModelThrottledError,
    errors.ModelUnavailableError,
    errors.ModelNotEnabledError,
    errors.ModelRefusedRequestError,
)

OPERATIONS = (
    Operation(
        **_MANAGE,
        method="GET",
        path="/collections",
        name="listCollections",
        summary="Your tenant's collections",
        parameters=page_parameters(default=DEFAULT_PAGE, largest=LARGEST_PAGE),
        answer=CollectionsAnswer,
        answer_example={"items": [_COLLECTION], "next_cursor": None},
    ),
    Operation(
        **_ONE,
        method="PUT",
        name="createCollection",
        summary="Make a collection",
        description="Metric, dimensions and model never change. The same request again answers 200 with what is there.",
        body=CollectionBody,
        body_example={"metric": "cosine"},
        status=201,
        answer=CollectionView,
        answer_example=_COLLECTION,
        other_answers={200: CollectionView},
        errors=(
            errors.UnknownModelError,
            errors.NotFoundError,
            errors.ConflictError,
            errors.TooManyCollectionsError,
            *_STORE,
        ),
    ),
    Operation(
        **_ONE,
        method="GET",
        name="getCollection",
        summary="One collection",
        answer=CollectionView,
        answer_example=_COLLECTION,
        errors=(errors.NotFoundError,),
    ),
    Operation(
        **_ONE,
        method="DELETE",
        name="deleteCollection",
        summary="Delete a collection with all its items",
        status=204,
        errors=(errors.NotFoundError, *_STORE),
    ),
    Operation(
        **_ITEMS,
        method="GET",
        name="listItems",
        summary="What is in a collection",
        description="Texts and metadata, in no particular order; vectors are not shown.",
        parameters=(_NAME, *page_parameters(default=DEFAULT_PAGE, largest=LARGEST_PAGE)),
        answer=ItemsAnswer,
        answer_example={"items": [_ITEM], "next_cursor": None},
        errors=_IN_ONE,
    ),
    Operation(
        **_EMBED,
        method="PUT",
        path="/collections/{name}/items",
        name="putItems",
        summary="Add or replace items",
        description=(
            "Up to 500 in a request. Texts are embedded with the collection's model; vectors cost nothing but their "
            "storage. Everything is checked before anything is paid for or stored. If the store fails midway, the same "
            "request again completes it."
        ),
        body=ItemsBody,
        body_example={"items": [_ITEM]},
        answer=StoredAnswer,
        answer_example={"stored": 1, **_SPENT},
        errors=_EMBEDDING,
    ),
    Operation(
        **_ITEMS,
        method="DELETE",
        name="removeItems",
        summary="Remove items by their ids",
        parameters=(_NAME,),
        body=RemovedItemsBody,
        body_example={"ids": [_ITEM["id"]]},
        status=204,
        errors=_IN_ONE,
    ),
    Operation(
        **_EMBED,
        method="POST",
        path="/collections/{name}/search",
        name="searchCollection",
        summary="The items nearest to a text or a vector",
        description=(
            "`filter` holds conditions on the metadata: `{\"year\": {\"$gte\": 2020}, \"topics\": \"nests\"}`, with "
            "`$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`, `$in`, `$nin`, `$exists`, joined by `$and` and `$or`. A key "
            "that an item does not have fulfils `{\"$exists\": false}` alone."
        ),
        body=SearchBody,
        body_example={"text": "How many nests were there?", "top_k": 3, "filter": {"year": {"$gte": 2020}}},
        answer=SearchAnswer,
        answer_example={
            "results": [{**_ITEM, "score": 0.6312, "distance": 0.3688}],
            "metric": "cosine",
            **_SPENT,
        },
        errors=_EMBEDDING,
    ),
    Operation(
        **_EMBED,
        method="POST",
        path="/collections/{name}/classify",
        name="classifyByCollection",
        summary="The class of a text or vector, by the nearest examples",
        description=(
            "Items whose metadata hold a label are examples; the nearest of them vote, each with its score. For a few "
            "examples that the request brings along: `POST /embeddings/classify`."
        ),
        body=ClassifyBody,
        body_example={"text": "Which spell makes light?", "label": "topics", "top_k": 5},
        answer=ClassifyAnswer,
        answer_example={
            "results": [{"label": "nests", "score": 0.8125}, {"label": "herons", "score": 0.1875}],
            "margin": 0.625,
            "uncertain": False,
            "voters": 5,
            **_SPENT,
        },
        errors=_EMBEDDING,
    ),
)  # fmt: skip
