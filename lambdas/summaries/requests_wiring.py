"""What prepare and merge share: who writes the requests, with which options, for which model."""

from __future__ import annotations

from typing import Any, Protocol

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.dynamodb_tenant_options import DynamoDbTenantOptions
from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_object_store import S3ObjectStore
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.services.request_writing import RequestWriting


class RequestSettings(Protocol):
    """The settings of a function that writes requests."""

    @property
    def documents_table(self) -> str: ...
    @property
    def clients_table(self) -> str: ...
    @property
    def results_bucket(self) -> str: ...
    @property
    def models(self) -> str: ...
    @property
    def summary_model(self) -> str: ...
    @property
    def summary_style(self) -> str: ...
    @property
    def summary_language(self) -> str: ...
    @property
    def section_tokens(self) -> int: ...


def request_writing(settings: RequestSettings) -> RequestWriting:
    """Of this deployment."""
    style: Any = settings.summary_style
    return RequestWriting(
        documents=DynamoDbDocumentStore(aws_clients.dynamodb(), table=settings.documents_table),
        objects=S3ObjectStore(aws_clients.s3()),
        prompts=SummaryPrompts(FilePromptLibrary(), settings.section_tokens),
        tenants=DynamoDbTenantOptions(aws_clients.dynamodb(), table=settings.clients_table),
        options=SummaryOptions(style=style, language=settings.summary_language),
        model=load_catalog(settings.models).resolve(settings.summary_model),
        bucket=settings.results_bucket,
    )
