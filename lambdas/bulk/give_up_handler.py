"""Stops a run whose workflow cannot go on, with the reason: the state "Give up"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from lambdas.shared.domain.failure import failure_from
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.bulk.give_up import GiveUp


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str


@cache
def build_service() -> GiveUp:
    return GiveUp(runs=DynamoDbBulkRunStore(aws_clients.dynamodb(), table=load_settings(Settings).bulk_table))


def give_up(state: State) -> dict[str, Any]:
    """The state's `failure` is what a step has raised, in Step Functions' form."""
    failed = state["failure"]
    failure = failure_from(str(failed.get("Error", "")), failed.get("Cause"))
    build_service().step(state["run_id"], failure.code, failure.detail)
    return {}


handler = workflow_step(give_up)
