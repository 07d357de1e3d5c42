"""Tables: the properties that moto's CloudFormation ignores (time to live, point-in-time recovery), and writes that see
each other, because moto checks a condition and writes in two steps: of two writers at once both would win."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.dynamodb.models import DynamoDBBackend, Table, dynamodb_backends

from local.cloud.seams.patching import replace

_writing = threading.RLock()


def _with_properties(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(
        cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Any:
        table = original(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
        backend = dynamodb_backends[account_id][region_name]
        properties = cloudformation_json["Properties"]
        if expiry := properties.get("TimeToLiveSpecification"):
            backend.update_time_to_live(table.name, expiry)
        if recovery := properties.get("PointInTimeRecoverySpecification"):
            backend.update_continuous_backups(table.name, recovery)
        return table

    return create


def _one_at_a_time(original: Callable[..., Any]) -> Callable[..., Any]:
    def write(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _writing:
            return original(self, *args, **kwargs)

    return write


@cache
def install() -> None:
    """Wrap the creation of tables by CloudFormation, and all writes; a transaction's own are part of it."""
    for name in ("put_item", "update_item", "delete_item", "transact_write_items"):
        replace(DynamoDBBackend, name, _one_at_a_time)
    replace(Table, "create_from_cloudformation_json", _with_properties)
