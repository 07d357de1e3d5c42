"""The API's routes for documents and summaries, and their functions."""

from __future__ import annotations

from typing import Protocol

from aws_cdk import aws_stepfunctions as sfn

from stacks.components.api_routes import ApiRoutes
from stacks.components.model_access import INVOKE, model_access
from stacks.components.python_function import PythonFunction
from stacks.guardrail_stack import GuardrailStack
from stacks.settings import DeploymentSettings
from stacks.storage_stack import INBOX, StorageStack


class MakeFunction(Protocol):
    """Makes a function of the API's stack."""

    def __call__(
        self, handler: str, *, memory_mb: int, timeout_seconds: int, environment: dict[str, str]
    ) -> PythonFunction: ...


def add_document_routes(
    routes: ApiRoutes, make: MakeFunction, storage: StorageStack, workflow: sfn.IStateMachine
) -> None:
    """A function for each kind of right: to read records, to write into the inbox, to start the workflow."""
    read = make(
        "documents/read",
        memory_mb=512,
        timeout_seconds=29,
        environment={
            "DOCUMENTS_TABLE": storage.documents_table.table_name,
            "RESULTS_BUCKET": storage.results.bucket_name,
        },
    )
    table = storage.documents_table.table_arn
    # The summary stands in the record; the bucket's name is only told, its objects are not read.
    read.allow("dynamodb:GetItem", on=[table])
    read.allow("dynamodb:Query", on=[f"{table}/index/{index}" for index in ("by-time", "by-state")])
    routes.serve(read, "GET /documents", "GET /documents/{id}", calls_model=False)
    _upload(routes, make, storage)
    _retry(routes, make, storage, workflow)


def _upload(routes: ApiRoutes, make: MakeFunction, storage: StorageStack) -> None:
    upload = make(
        "documents/upload",
        memory_mb=512,
        timeout_seconds=29,
        environment={"DOCUMENTS_BUCKET": storage.documents.bucket_name},
    )
    # It writes nothing itself: what it signs can do what it could.
    upload.allow_objects("s3:PutObject", bucket=storage.documents, prefix=INBOX)
    routes.serve(upload, "POST /documents", calls_model=False)


def _retry(routes: ApiRoutes, make: MakeFunction, storage: StorageStack, workflow: sfn.IStateMachine) -> None:
    retry = make(
        "documents/retry",
        memory_mb=512,
        timeout_seconds=29,
        environment={
            "DOCUMENTS_TABLE": storage.documents_table.table_name,
            "IDEMPOTENCY_TABLE": storage.idempotency.table_name,
            "RESULTS_BUCKET": storage.results.bucket_name,
            "STATE_MACHINE_ARN": workflow.state_machine_arn,
        },
    )
    retry.allow("dynamodb:GetItem", "dynamodb:UpdateItem", on=[storage.documents_table.table_arn])
    retry.allow("dynamodb:PutItem", "dynamodb:DeleteItem", on=[storage.idempotency.table_arn])
    retry.allow("states:StartExecution", on=[workflow.state_machine_arn])
    # To see whether the document is still there: S3 has no narrower right, and without ListBucket it says 403.
    retry.allow_objects("s3:GetObject", bucket=storage.documents, prefix=INBOX)
    retry.allow("s3:ListBucket", on=[storage.documents.bucket_arn])
    routes.serve(retry, "POST /documents/{id}/retry", calls_model=False)


def add_text_summary_route(
    routes: ApiRoutes,
    make: MakeFunction,
    storage: StorageStack,
    settings: DeploymentSettings,
    guardrail: GuardrailStack,
) -> None:
    """A text's summary now: no workflow, one function that calls the model."""
    text = make(
        "summaries/text",
        memory_mb=1024,
        timeout_seconds=300,
        environment={
            "LEDGER_TABLE": storage.ledger.table_name,
            "IDEMPOTENCY_TABLE": storage.idempotency.table_name,
            "MODELS": settings.models.as_json(),
            "LEDGER_DAYS": str(settings.ledger_days),
            "SUMMARY_MODEL": settings.summary_model,
            "SUMMARY_STYLE": settings.summary_style,
            "SECTION_TOKENS": str(settings.summary_section_tokens),
            "SUMMARIES_GUARDRAIL": settings.summaries_guardrail,
        },
    )
    text.allow("dynamodb:PutItem", on=[storage.ledger.table_arn])
    text.allow("dynamodb:PutItem", "dynamodb:DeleteItem", on=[storage.idempotency.table_arn])
    guardrail.guard(text, used=settings.summaries_guardrail != "none")
    for statement in model_access(text, model_ids=settings.models.ids, actions=[INVOKE]):
        text.add_to_role_policy(statement)
    routes.serve(text, "POST /summaries", calls_model=True)
