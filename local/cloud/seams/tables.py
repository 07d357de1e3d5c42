"""Table properties that moto's CloudFormation ignores: time to live and point-in-time recovery."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from moto.dynamodb.models import Table, dynamodb_backends

from local.cloud.seams.patching import replace


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


@cache
def install() -> None:
    """Wrap the creation of tables by CloudFormation."""
    replace(Table, "create_from_cloudformation_json", _with_properties)
