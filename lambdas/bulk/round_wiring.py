"""What the steps of a run's rounds are made of: the rows of its shards too."""

from __future__ import annotations

from typing import Any

from lambdas.bulk.run_wiring import RunSettings, run_parts
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_shard_store import DynamoDbShardStore


def round_parts(settings: RunSettings) -> dict[str, Any]:
    """By the names of the services' arguments."""
    shards = DynamoDbShardStore(aws_clients.dynamodb(), table=settings.bulk_table)
    return {**run_parts(settings), "shards": shards}
