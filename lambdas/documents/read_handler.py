"""What became of dropped documents: GET /documents and GET /documents/{id}."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lambdas.documents.schema import document_list, document_view
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.runtime.http import Request, Response, http_handler, json_response
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.read_documents import ReadDocuments


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str
    results_bucket: str


@cache
def settings() -> Settings:
    return load_settings(Settings)


@cache
def build_service() -> ReadDocuments:
    return ReadDocuments(DynamoDbDocumentStore(aws_clients.dynamodb(), table=settings().documents_table))


def list_documents(request: Request) -> Response:
    """`?state=&prefix=&since=&until=&limit=&cursor=` -> `{items[], next_cursor}`, newest first."""
    return json_response(document_list(build_service().page(request.caller.tenant, request.query)))


def get_document(request: Request) -> Response:
    """404 also for another tenant's document: nobody learns that it exists."""
    document = build_service().one(request.caller.tenant, request.path_parameters["id"])
    return json_response(document_view(document, settings().results_bucket))


handler = http_handler(
    {("GET", "/documents"): list_documents, ("GET", "/documents/{id}"): get_document}, scope="documents"
)
