"""Rows of a bulk run's shards in DynamoDB; keys are in `dynamodb_bulk_items`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.adapters.dynamodb_attributes import decoded, encoded
from lambdas.shared.adapters.dynamodb_bulk_items import run_key
from lambdas.shared.adapters.dynamodb_shard_items import SHARDS, shard_from, shard_item, shard_key
from lambdas.shared.adapters.dynamodb_writes import CONDITION_FAILED, is_error
from lambdas.shared.domain.bulk.run_stores import RowChangedError
from lambdas.shared.domain.bulk.shard_job import ShardRef, ShardRow

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbShardStore:
    """`ShardStore`."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, ref: ShardRef) -> ShardRow:
        answer = self._client.get_item(TableName=self._table, Key=encoded(shard_key(ref)), ConsistentRead=True)
        return shard_from(ref.run_id, decoded(answer["Item"])) if "Item" in answer else ShardRow(ref)

    def save(self, row: ShardRow) -> ShardRow:
        saved = row._replace(version=row.version + 1)
        condition: Any = {"ConditionExpression": "attribute_not_exists(pk)"}
        if row.version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": encoded({":version": row.version}),
            }
        try:
            self._client.put_item(TableName=self._table, Item=encoded(shard_item(saved)), **condition)
        except ClientError as error:
            if is_error(error, CONDITION_FAILED):
                raise RowChangedError(f"shard {row.name} was saved by somebody else") from error
            raise
        return saved

    def of_run(self, run_id: str) -> Iterator[ShardRow]:
        pages: Any = self._client.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :run AND begins_with(sk, :shards)",
            ExpressionAttributeValues=encoded({":run": run_key(run_id)["pk"], ":shards": SHARDS}),
        )
        for page in pages:
            yield from (shard_from(run_id, decoded(item)) for item in page["Items"])
