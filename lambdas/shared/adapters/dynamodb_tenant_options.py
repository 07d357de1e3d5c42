"""What tenants have chosen for their summaries, in the clients table.

Keys: `summaries#<tenant>`; attributes are the fields of `SummaryOptions`, each only where it was chosen.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from lambdas.shared.domain.summary_options import SummaryOptions

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_FIELDS = tuple(field.name for field in fields(SummaryOptions))


class DynamoDbTenantOptions:
    """`TenantOptions`. `table` has the string key pk."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def options_of(self, tenant: str, default: SummaryOptions) -> SummaryOptions:
        chosen: dict[str, Any] = self.chosen_by(tenant)
        return replace(default, **chosen)

    def chosen_by(self, tenant: str) -> dict[str, str]:
        """What the tenant has chosen, by the names of the fields."""
        item = self._client.get_item(TableName=self._table, Key=_key(tenant)).get("Item", {})
        return {name: item[name]["S"] for name in _FIELDS if name in item}

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
