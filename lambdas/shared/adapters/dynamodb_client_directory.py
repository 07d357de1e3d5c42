"""Clients in DynamoDB: one item per key and one per tenant, found by primary key alone.

Keys: `key#<SHA-256 of the key, hex>`, `tenant#<name>`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lambdas.shared.domain.client import SCOPES, Client, KeyInUseError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbClientDirectory:
    """A `ClientDirectory`. `table` has the string key pk.

    Comparing happens inside DynamoDB, by a hash: an attacker cannot choose its leading bytes, so the time that a
    lookup takes tells nothing about any stored key.
    """

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, key_hash: str) -> Client | None:
        item = self._client.get_item(TableName=self._table, Key={"pk": {"S": f"key#{key_hash}"}}).get("Item")
        if item is None:
            return None
        expires = item.get("valid_until")
        return Client(
            client_id=item["client_id"]["S"],
            tenant=item["tenant"]["S"],
            # A scope that this version does not know grants nothing, and locks nobody out.
            scopes=frozenset(item["scopes"]["S"].split()) & SCOPES,
            key_hash=key_hash,
            # Whatever is not plainly active is not allowed in.
            state="active" if item["state"]["S"] == "active" else "disabled",
            expires_at=datetime.fromtimestamp(int(expires["N"]), UTC) if expires else None,
        )

    def tenant_exists(self, tenant: str) -> bool:
        key = {"pk": {"S": f"tenant#{tenant}"}}
        return "Item" in self._client.get_item(TableName=self._table, Key=key)

    def add(self, client: Client) -> None:
        item: dict[str, Any] = {
            "pk": {"S": f"key#{client.key_hash}"},
            "client_id": {"S": client.client_id},
            "tenant": {"S": client.tenant},
            "scopes": {"S": " ".join(sorted(client.scopes))},
            "state": {"S": client.state},
        }
        if client.expires_at is not None:
            item["valid_until"] = {"N": str(int(client.expires_at.timestamp()))}
        key: Any = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk) OR (client_id = :client AND tenant = :tenant)",
            "ExpressionAttributeValues": {":client": item["client_id"], ":tenant": item["tenant"]},
        }
        tenant: Any = {"TableName": self._table, "Item": {"pk": {"S": f"tenant#{client.tenant}"}}}
        try:
            self._client.transact_write_items(TransactItems=[{"Put": key}, {"Put": tenant}])
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if "ConditionalCheckFailed" not in reasons:
                raise
            raise KeyInUseError("this key belongs to another client; choose another key") from error
