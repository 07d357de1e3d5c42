"""Rows of bulk runs and their shards as DynamoDB items, and back.

Keys: pk `run#<run id>` holds a run (sk `run`) and its shards (sk `shard#<round, three digits>#<shard, five digits>`)
and when its jobs were settled (sk `job#<job name>`);
pk `tenant#<tenant>`, sk `<run id>` names each run of a tenant, so that they are found by a consistent query.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lambdas.shared.domain.bulk.quotas import BatchQuotas
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase, RunState

Item = dict[str, Any]


def run_key(run_id: str) -> Item:
    """The key of a run."""
    return {"pk": f"run#{run_id}", "sk": "run"}


def job_key(run_id: str, job_name: str) -> Item:
    """The key of when a job was settled."""
    return {"pk": f"run#{run_id}", "sk": f"job#{job_name}"}


def tenant_key(tenant: str, run_id: str) -> Item:
    """The key that says that the tenant has this run."""
    return {"pk": f"tenant#{tenant}", "sk": run_id}


def run_item(run: BulkRun) -> Item:
    """All of a run; what is None is left out."""
    fields = {**run._asdict(), "quotas": run.quotas._asdict(), "state": run.state.value, "phase": run.phase.value}
    return {**run_key(run.run_id), **{name: value for name, value in fields.items() if value is not None}}


def run_from(item: Mapping[str, Any]) -> BulkRun:
    """The inverse of `run_item`. A field that an older version did not write has its default."""
    known = {name: plain(value) for name, value in item.items() if name in BulkRun._fields}
    money = {name: item[name] for name in ("max_usd", "record_usd") if name in item}
    quotas = BatchQuotas(**{name: int(value) for name, value in item["quotas"].items()})
    states = {"state": RunState(item["state"]), "phase": RunPhase(item["phase"])}
    return BulkRun(**{**known, **money, **states, "quotas": quotas})


def plain(value: Any) -> Any:
    """Counts, where DynamoDB has decimals."""
    return int(value) if isinstance(value, Decimal) else value
