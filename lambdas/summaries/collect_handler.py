"""Stores a document's summary: the state "Collect summary"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.eventbridge_announcer import EventBridgeAnnouncer
from lambdas.shared.adapters.s3_object_store import S3ObjectStore
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.collect_summary import CollectSummary
from lambdas.summaries.schema import prepared_in, receipt_in, run_in


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str
    results_bucket: str
    event_bus_name: str


@cache
def build_service() -> CollectSummary:
    settings = load_settings(Settings)
    return CollectSummary(
        documents=DynamoDbDocumentStore(aws_clients.dynamodb(), table=settings.documents_table),
        objects=S3ObjectStore(aws_clients.s3()),
        announcer=EventBridgeAnnouncer(aws_clients.event_bridge(), event_bus_name=settings.event_bus_name),
        results_bucket=settings.results_bucket,
    )


def collect(state: State) -> dict[str, Any]:
    """Raises SupersededError when a newer version owns the record."""
    return asdict(build_service().collect(run_in(state), prepared_in(state), receipt_in(state)))


handler = workflow_step(collect)
