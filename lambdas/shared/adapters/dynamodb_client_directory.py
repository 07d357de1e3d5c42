"""Clients in DynamoDB, as the authorizer needs them: found by primary key alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.shared.adapters.dynamodb_client_items import client_from, item_of, key_of, tenant_key
from lambdas.shared.domain.client import Client, KeyInUseError

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
        item = self._client.get_item(TableName=self._table, Key=key_of(key_hash)).get("Item")
        return None if item is None else client_from(item)

    def tenant_exists(self, tenant: str) -> bool:
        return "Item" in self._client.get_item(TableName=self._table, Key=tenant_key(tenant))

    def add(self, client: Client) -> None:
        item = item_of(client)
        key: Any = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk) OR (client_id = :client AND tenant = :tenant)",
            "ExpressionAttributeValues": {":client": item["client_id"], ":tenant": item["tenant"]},
        }
        tenant: Any = {"TableName": self._table, "Item": tenant_key(client.tenant)}
        try:
            self._client.transact_write_items(TransactItems=[{"Put": key}, {"Put": tenant}])
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if "ConditionalCheckFailed" not in reasons:
                raise
            raise KeyInUseError("this key belongs to another client; choose another key") from error
