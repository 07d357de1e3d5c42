"""What every step of a run is made of: its row and its files."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import uuid4

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from lambdas.shared.adapters.s3_run_files import S3RunFiles


class RunSettings(Protocol):
    """The settings of every step."""

    @property
    def bulk_table(self) -> str: ...
    @property
    def results_bucket(self) -> str: ...


def run_parts(settings: RunSettings) -> dict[str, Any]:
    """By the names of the services' arguments."""
    return {
        "runs": DynamoDbBulkRunStore(aws_clients.dynamodb(), table=settings.bulk_table),
        "files": S3RunFiles(aws_clients.s3(), bucket=settings.results_bucket),
    }


def new_nonce() -> str:
    """The part of a file's name that is its worker's own."""
    return uuid4().hex[:12]
