"""Records why a document failed: the state "Record failure"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.eventbridge_announcer import EventBridgeAnnouncer
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.fail_document import FailDocument
from lambdas.summaries.schema import failure_in, run_in


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str
    event_bus_name: str


@cache
def build_service() -> FailDocument:
    settings = load_settings(Settings)
    return FailDocument(
        documents=DynamoDbDocumentStore(aws_clients.dynamodb(), table=settings.documents_table),
        announcer=EventBridgeAnnouncer(aws_clients.event_bridge(), event_bus_name=settings.event_bus_name),
    )


def fail(state: State) -> None:
    """Raises SupersededError when a newer version owns the record."""
    failure = failure_in(state)
    # "prepared" comes into the state with the last step before the model is asked.
    build_service().fail(run_in(state), error=failure.error, cause=failure.cause, model_asked="prepared" in state)


handler = workflow_step(fail)
