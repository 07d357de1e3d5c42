"""Carries a shard through its jobs until there is something to wait for: the state "Advance shard"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.bulk.round_wiring import round_parts
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_batch_jobs import BedrockBatchJobs
from lambdas.shared.adapters.dynamodb_job_slots import DynamoDbJobSlots
from lambdas.shared.domain.bulk.shard_job import ShardRef
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.bulk.advance_shard import AdvanceShard

# Long enough for a queue that is full; the slots' leases outlive it.
JOB_HOURS = 72


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    results_bucket: str
    slots_table: str
    batch_role_arn: str


@cache
def build_service() -> AdvanceShard:
    settings = load_settings(Settings)
    client = aws_clients.bedrock()
    return AdvanceShard(
        **round_parts(settings),
        jobs=BedrockBatchJobs(
            client, role_arn=settings.batch_role_arn, bucket=settings.results_bucket, hours=JOB_HOURS
        ),
        slots=DynamoDbJobSlots(aws_clients.dynamodb(), table=settings.slots_table),
        region=client.meta.region_name,
    )


def advance(state: State) -> dict[str, Any]:
    """`act` is `wait` (so many seconds), `collect` or `done`."""
    progress = build_service().step(ShardRef(state["run_id"], state["round"], state["number"]))
    return {"act": progress.act.value, "seconds": progress.seconds}


handler = workflow_step(advance)
