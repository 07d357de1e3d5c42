"""Rows of shards as DynamoDB items, and back; the table's keys are told in `dynamodb_bulk_items`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.shared.adapters.dynamodb_bulk_items import Item, plain
from lambdas.shared.domain.bulk.shard_job import ShardPhase, ShardRef, ShardRow

SHARDS = "shard#"


def shard_key(ref: ShardRef) -> Item:
    """The key of a shard; a run's shards sort by round and number."""
    return {"pk": f"run#{ref.run_id}", "sk": f"{SHARDS}{ref.round:03}#{ref.shard:05}"}


def shard_item(row: ShardRow) -> Item:
    """All of a shard's row; what is None is left out."""
    fields = {**row._asdict(), "phase": row.phase.value, "status": str(row.status), "earlier": list(row.earlier)}
    del fields["ref"]
    return {**shard_key(row.ref), **{name: value for name, value in fields.items() if value is not None}}


def shard_from(run_id: str, item: Mapping[str, Any]) -> ShardRow:
    """The inverse of `shard_item`."""
    _, round_, shard = str(item["sk"]).split("#")
    known = {name: plain(value) for name, value in item.items() if name in ShardRow._fields}
    more = {"phase": ShardPhase(item["phase"]), "earlier": tuple(item["earlier"])}
    return ShardRow(**{**known, **more, "ref": ShardRef(run_id, int(round_), int(shard))})
