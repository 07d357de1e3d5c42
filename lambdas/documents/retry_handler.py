"""Another attempt at a failed document: POST /documents/{id}/retry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from lambdas.documents.schema import document_view
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.s3_object_store import S3ObjectStore
from lambdas.shared.adapters.stepfunctions_workflow import StepFunctionsWorkflow
from lambdas.shared.runtime.http import Request, Response, Route, http_handler, idempotent, json_response
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.retry_document import RetryDocument


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str
    idempotency_table: str
    results_bucket: str
    state_machine_arn: str


@cache
def settings() -> Settings:
    return load_settings(Settings)


@cache
def build_service() -> RetryDocument:
    return RetryDocument(
        documents=DynamoDbDocumentStore(aws_clients.dynamodb(), table=settings().documents_table),
        objects=S3ObjectStore(aws_clients.s3()),
        workflow=StepFunctionsWorkflow(aws_clients.step_functions(), state_machine_arn=settings().state_machine_arn),
    )


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    """What runs the route once for each `Idempotency-Key`; the imports are for requests that have one."""
    from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
    from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
    from lambdas.shared.services.idempotent_calls import IdempotentCalls

    store = DynamoDbIdempotencyStore(aws_clients.dynamodb(), table=settings().idempotency_table)
    # The model is called by the workflow, later: an error here has cost nothing.
    return IdempotentRoutes(calls=IdempotentCalls(store=store), paid_calls=lambda: 0).run


def retry_document(request: Request) -> Response:
    """202 with the document as it waits for its next attempt."""
    document = build_service().retry(request.caller.tenant, request.path_parameters["id"])
    return json_response(document_view(document, settings().results_bucket), status=202)


handler = http_handler(
    {("POST", "/documents/{id}/retry"): idempotent(retry_document, build_idempotency)}, scope="documents"
)
