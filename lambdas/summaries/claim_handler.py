"""Claims a document for its execution: the state "Claim document"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.claim_document import ClaimDocument
from lambdas.summaries.schema import run_in
from lambdas.summaries.workflow_step import State, workflow_step


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str


@cache
def build_service() -> ClaimDocument:
    settings = load_settings(Settings)
    return ClaimDocument(documents=DynamoDbDocumentStore(aws_clients.dynamodb(), table=settings.documents_table))


def claim(state: State) -> None:
    """Raises SupersededError when a newer version is registered."""
    build_service().claim(run_in(state))


handler = workflow_step(claim)
