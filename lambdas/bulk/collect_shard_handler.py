"""Stores what a shard's job has answered: the state "Collect shard"."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from lambdas.bulk.round_wiring import round_parts
from lambdas.bulk.run_wiring import new_nonce
from lambdas.bulk.summary_wiring import SummarySettings, keeper, summary_parts
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from lambdas.shared.adapters.dynamodb_job_moments import DynamoDbJobMoments
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.domain.bulk.shard_job import ShardRef
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.price import batch_price
from lambdas.shared.domain.summary import read_summary
from lambdas.shared.runtime.invocation_time import TIME
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.bulk.collect_shard import CollectShard
from lambdas.shared.services.bulk.job_events import JobEvents
from lambdas.shared.services.bulk.merge_summaries import MergeSummaries
from lambdas.shared.services.bulk.settle_documents import SettleDocuments

# Storing waits for S3, DynamoDB and the guardrail.
WORKERS = 24


@dataclass(frozen=True, slots=True)
class Settings(SummarySettings):
    """No more than every such step has."""


@cache
def build_service(model_id: str) -> CollectShard:
    """For runs with this model: its answers have its price."""
    settings = load_settings(Settings)
    parts, summaries = round_parts(settings), summary_parts(settings)
    model = load_catalog(settings.models).resolve(model_id)
    prices = model.card.prices

    def price(usage: TokenUsage) -> Decimal | None:
        return batch_price(usage, prices, ratio=model.price_ratio)

    return CollectShard(
        **parts,
        settle=SettleDocuments(
            merger=MergeSummaries(requests=summaries.requests), keeper=keeper(settings, summaries, assesses=True)
        ),
        ledger=JobEvents(
            ledger=summaries.ledger,
            moments=DynamoDbJobMoments(aws_clients.dynamodb(), table=settings.bulk_table),
            prices_as_of=prices.as_of,
        ),
        check=read_summary,
        price=price,
        new_id=new_nonce,
        time_is_up=TIME.is_up,
        workers=WORKERS,
    )


def collect(state: State) -> dict[str, Any]:
    """`act` is `done`, or `wait` where the shard has to be collected later."""
    runs = DynamoDbBulkRunStore(aws_clients.dynamodb(), table=load_settings(Settings).bulk_table)
    service = build_service(runs.get(state["run_id"]).model_id)
    progress = service.step(ShardRef(state["run_id"], state["round"], state["number"]))
    return {"act": progress.act.value, "seconds": progress.seconds}


handler = workflow_step(collect)
