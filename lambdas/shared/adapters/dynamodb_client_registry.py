"""All clients in DynamoDB, for the operator's commands; no function of the API may scan this table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdas.shared.adapters.dynamodb_client_items import KEY_PREFIX, client_from, item_of, key_of, seconds
from lambdas.shared.domain.client import Client, ClientState
from lambdas.shared.domain.client_registry import KeyChangedError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_GONE = "the key was changed or removed by somebody else; nothing was done: list the keys and try again"


class DynamoDbClientRegistry:
    """A `ClientRegistry`. A Scan is right here: a person lists keys now and then, and a table of a few hundred small
    items is one page of it; an index would be written, and paid for, with every key for nobody else."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def clients(self) -> Iterator[Client]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="begins_with(pk, :key)",
            ProjectionExpression="pk, client_id, tenant, scopes, #state, valid_until, created_at",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":key": {"S": KEY_PREFIX}},
        )
        for page in pages:
            yield from map(client_from, page["Items"])

    def set_state(self, client: Client, state: ClientState) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key_of(client.key_hash),
                UpdateExpression="SET #state = :state",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":state": {"S": state}},
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise KeyChangedError(_GONE) from error

    def replace(self, old: Client, new: Client) -> None:
        put: Any = {"TableName": self._table, "Item": item_of(new), "ConditionExpression": "attribute_not_exists(pk)"}
        values: Any = {":active": {"S": "active"}}
        update: Any = {
            "TableName": self._table,
            "Key": key_of(old.key_hash),
            "ConditionExpression": "#state = :active",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": values,
            "UpdateExpression": "REMOVE valid_until",
        }
        if old.expires_at is not None:
            update["UpdateExpression"] = "SET valid_until = :until"
            values[":until"] = seconds(old.expires_at)
        try:
            self._client.transact_write_items(TransactItems=[{"Put": put}, {"Update": update}])
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if "ConditionalCheckFailed" not in reasons:
                raise
            raise KeyChangedError(_GONE) from error
