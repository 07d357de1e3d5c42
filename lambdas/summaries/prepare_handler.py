"""Reads a document and writes the model requests for it: the state "Prepare requests"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_object_store import S3ObjectStore
from lambdas.shared.domain.summary_request import PROMPT_VERSION, SummaryRequests
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.prepare_document import PrepareDocument
from lambdas.summaries.schema import run_in
from lambdas.summaries.workflow_step import State, workflow_step


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str
    results_bucket: str
    models: str
    summary_model: str


@cache
def build_service() -> PrepareDocument:
    settings = load_settings(Settings)
    return PrepareDocument(
        documents=DynamoDbDocumentStore(aws_clients.dynamodb(), table=settings.documents_table),
        objects=S3ObjectStore(aws_clients.s3()),
        reader=DocumentTextReader(),
        requests=SummaryRequests(FilePromptLibrary().load(PROMPT_VERSION)),
        model=load_catalog(settings.models).resolve(settings.summary_model),
        results_bucket=settings.results_bucket,
    )


def prepare(state: State) -> dict[str, Any]:
    """Raises UnreadableDocumentError with its reason, SupersededError when a newer version is registered."""
    return asdict(build_service().prepare(run_in(state)))


handler = workflow_step(prepare)
