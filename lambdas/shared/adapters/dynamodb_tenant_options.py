"""What tenants have chosen for their summaries, in the clients table.

Keys: `summaries#<tenant>`; attributes are the fields of `SummaryOptions`, each only where it was chosen.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from lambdas.shared.domain.summary_options import SummaryOptions

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbTenantOptions:
    """`TenantOptions`. `table` has the string key pk."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def options_of(self, tenant: str, default: SummaryOptions) -> SummaryOptions:
        item = self._client.get_item(TableName=self._table, Key=_key(tenant)).get("Item", {})
        chosen: dict[str, Any] = {name: item[name]["S"] for name in asdict(default) if name in item}
        return replace(default, **chosen)

    def choose(self, tenant: str, **chosen: str | None) -> None:
        """Set the fields that are given, unset those that are None; raises InvalidInputError for a bad value."""
        checked: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
        SummaryOptions(**checked)
        unset = [name for name, value in chosen.items() if value is None]
        changes = {name: {"Action": "PUT", "Value": {"S": value}} for name, value in checked.items()}
        changes |= {name: {"Action": "DELETE"} for name in unset}
        updates: Any = changes
        self._client.update_item(TableName=self._table, Key=_key(tenant), AttributeUpdates=updates)


def _key(tenant: str) -> Any:
    return {"pk": {"S": f"summaries#{tenant}"}}
