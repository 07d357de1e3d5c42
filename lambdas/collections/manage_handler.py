"""Collections without a model: making, listing, describing and deleting them; listing and removing items."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from lambdas.collections.schema import (
    CollectionBody,
    RemovedItemsBody,
    collection_view,
    collections_answer,
    items_answer,
    name_after,
    page_size,
    wanted_collection,
)
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_collection_registry import DynamoDbCollectionRegistry
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_vectors_vector_store import S3VectorsVectorStore
from lambdas.shared.domain.embedding_model import EMBEDDING, embedding_model, vector_length
from lambdas.shared.runtime.http import Request, Response, decode_body, http_handler, json_response
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.collection_items import CollectionItems
from lambdas.shared.services.collection_lookup import CollectionLookup
from lambdas.shared.services.collections import Collections


@dataclass(frozen=True, slots=True)
class Settings:
    collections_table: str
    vector_bucket_arn: str
    embedding_models: str
    collections_per_tenant: int


class Service(NamedTuple):
    collections: Collections
    lookup: CollectionLookup
    items: CollectionItems


@cache
def build_service() -> Service:
    settings = load_settings(Settings)
    catalog = load_catalog(settings.embedding_models)

    def shape_of(model: str | None, dimensions: int | None) -> tuple[str, int]:
        resolved = embedding_model(catalog, model or EMBEDDING)
        return resolved.model_id, vector_length(resolved, dimensions)

    store = S3VectorsVectorStore(aws_clients.s3_vectors(), bucket_arn=settings.vector_bucket_arn)
    registry = DynamoDbCollectionRegistry(aws_clients.dynamodb(), table=settings.collections_table)
    lookup = CollectionLookup(registry)
    collections = Collections(
        registry=registry,
        store=store,
        model_shape=shape_of,
        most_per_tenant=settings.collections_per_tenant,
    )
    return Service(collections, lookup, CollectionItems(collections=lookup, store=store, embedding=None))


def create_collection(request: Request) -> Response:
    """201 for a new one, 200 for one that is there as it is asked for."""
    wanted = wanted_collection(decode_body(request, CollectionBody))
    collection, new = build_service().collections.create(request.caller.tenant, request.path_parameters["name"], wanted)
    return json_response(collection_view(collection), status=201 if new else 200)


def list_collections(request: Request) -> Response:
    """By name."""
    limit, after = page_size(request.query.get("limit")), name_after(request.query.get("cursor"))
    return json_response(
        collections_answer(build_service().collections.page(request.caller.tenant, limit=limit, after=after))
    )


def get_collection(request: Request) -> Response:
    return json_response(
        collection_view(build_service().lookup.one(request.caller.tenant, request.path_parameters["name"]))
    )


def delete_collection(request: Request) -> Response:
    """With all items; 204."""
    build_service().collections.delete(request.caller.tenant, request.path_parameters["name"])
    return Response(204)


def list_items(request: Request) -> Response:
    """Texts and metadata, without the vectors."""
    limit, cursor = page_size(request.query.get("limit")), request.query.get("cursor")
    name = request.path_parameters["name"]
    return json_response(
        items_answer(build_service().items.page(request.caller.tenant, name, limit=limit, cursor=cursor))
    )


def remove_items(request: Request) -> Response:
    """By id; 204."""
    ids = decode_body(request, RemovedItemsBody).ids
    build_service().items.delete(request.caller.tenant, request.path_parameters["name"], ids)
    return Response(204)


handler = http_handler(
    {
        ("GET", "/collections"): list_collections,
        ("PUT", "/collections/{name}"): create_collection,
        ("GET", "/collections/{name}"): get_collection,
        ("DELETE", "/collections/{name}"): delete_collection,
        ("GET", "/collections/{name}/items"): list_items,
        ("DELETE", "/collections/{name}/items"): remove_items,
    },
    scope="collections",
)
