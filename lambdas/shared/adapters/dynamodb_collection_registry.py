"""Collections in DynamoDB: a row for each, and one that counts a tenant's.

Keys: pk `<tenant>`, sk `<collection>` or `#count`, which is no collection's name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lambdas.shared.adapters.dynamodb_writes import ConditionFailedError, transact
from lambdas.shared.domain.collection import Collection, CollectionShape, CollectionState
from lambdas.shared.domain.collection_registry import CollectionPage
from lambdas.shared.domain.errors import NotFoundError, TooManyCollectionsError
from lambdas.shared.domain.timestamps import from_iso, to_iso

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_COUNT = "#count"
_NO_MODEL = "-"


class DynamoDbCollectionRegistry:
    """`CollectionRegistry`. `sleep` waits between tries of a transaction that met another."""

    def __init__(self, client: DynamoDBClient, *, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def add(self, collection: Collection, *, most: int) -> Collection:
        put = {"Item": _item(collection), "ConditionExpression": "attribute_not_exists(pk)"}
        count = {
            "Key": _key(collection.tenant, _COUNT),
            "UpdateExpression": "ADD collections :one",
            "ConditionExpression": "attribute_not_exists(collections) OR collections < :most",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":most": {"N": str(most)}},
        }
        try:
            self._transact({"Put": put}, {"Update": count})
        except ConditionFailedError as error:
            standing = self.get(collection.tenant, collection.name)
            if standing is not None:
                return standing
            raise TooManyCollectionsError(
                f"This tenant has {most} collections, which is as many as it may have; delete one first."
            ) from error
        return collection

    def get(self, tenant: str, name: str) -> Collection | None:
        found = self._client.get_item(TableName=self._table, Key=_key(tenant, name), ConsistentRead=True)
        return _collection(found["Item"]) if "Item" in found else None

    def mark_ready(self, collection: Collection) -> Collection:
        return self._mark(collection, "ready", unless="deleting")

    def mark_deleting(self, collection: Collection) -> Collection:
        return self._mark(collection, "deleting", unless="-")

    def _mark(self, collection: Collection, state: CollectionState, *, unless: str) -> Collection:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(collection.tenant, collection.name),
                UpdateExpression="SET #state = :state",
                ConditionExpression="#index = :index AND #state <> :unless",
                ExpressionAttributeNames={"#state": "state", "#index": "index"},
                ExpressionAttributeValues={
                    ":state": {"S": state},
                    ":index": {"S": collection.index_name},
                    ":unless": {"S": unless},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise NotFoundError("There is no such collection (any more).") from error
        return collection._replace(state=state)

    def remove(self, collection: Collection) -> None:
        delete = {
            "Key": _key(collection.tenant, collection.name),
            "ConditionExpression": "#index = :index",
            "ExpressionAttributeNames": {"#index": "index"},
            "ExpressionAttributeValues": {":index": {"S": collection.index_name}},
        }
        count = {
            "Key": _key(collection.tenant, _COUNT),
            "UpdateExpression": "ADD collections :less",
            "ExpressionAttributeValues": {":less": {"N": "-1"}},
        }
        try:
            self._transact({"Delete": delete}, {"Update": count})
        except ConditionFailedError:
            return  # gone already, with its place

    def page(self, tenant: str, *, limit: int, after: str | None) -> CollectionPage:
        """The row that counts comes before every name: `#` sorts before letters and digits."""
        found = self._client.query(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :tenant AND sk > :after",
            ExpressionAttributeValues={":tenant": {"S": tenant}, ":after": {"S": after or _COUNT}},
            Limit=limit + 1,
        )
        items = tuple(_collection(item) for item in found["Items"][:limit])
        return CollectionPage(items, items[-1].name if len(found["Items"]) > limit else None)

    def _transact(self, *actions: Mapping[str, Mapping[str, Any]]) -> None:
        named = [
            {kind: {"TableName": self._table, **action} for kind, action in each.items()}  # one kind in each
            for each in actions
        ]
        transact(self._client, named, sleep=self._sleep)


def _key(tenant: str, name: str) -> Any:
    return {"pk": {"S": tenant}, "sk": {"S": name}}


def _item(collection: Collection) -> Any:
    shape = collection.shape
    return {
        **_key(collection.tenant, collection.name),
        "index": {"S": collection.index_name},
        "dimensions": {"N": str(shape.dimensions)},
        "metric": {"S": shape.metric},
        "model": {"S": shape.model or _NO_MODEL},
        "created_at": {"S": to_iso(collection.created_at)},
        "state": {"S": collection.state},
    }


def _collection(item: Mapping[str, Any]) -> Collection:
    model = item["model"]["S"]
    return Collection(
        tenant=item["pk"]["S"],
        name=item["sk"]["S"],
        index_name=item["index"]["S"],
        shape=CollectionShape(
            dimensions=int(item["dimensions"]["N"]),
            metric=item["metric"]["S"],
            model=None if model == _NO_MODEL else model,
        ),
        created_at=from_iso(item["created_at"]["S"]),
        state=item["state"]["S"],
    )
