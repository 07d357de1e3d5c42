"""Rows of bulk runs in DynamoDB; keys are in `dynamodb_bulk_items`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.adapters.dynamodb_attributes import decoded, encoded
from lambdas.shared.adapters.dynamodb_bulk_items import run_from, run_item, run_key, tenant_key
from lambdas.shared.adapters.dynamodb_writes import CONDITION_FAILED, ConditionFailedError, is_error, transact
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_stores import RowChangedError
from lambdas.shared.domain.errors import NotFoundError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_NEW = "attribute_not_exists(pk)"


class DynamoDbBulkRunStore:
    """`BulkRunStore`. A tenant has few runs, and each read of `active` reads all of them."""

    def __init__(self, client: DynamoDBClient, *, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def create(self, run: BulkRun) -> bool:
        items = (run_item(run), tenant_key(run.tenant, run.run_id))
        puts = [{"Put": {"TableName": self._table, "Item": encoded(item)}} for item in items]
        puts[0]["Put"]["ConditionExpression"] = _NEW
        try:
            transact(self._client, puts, sleep=self._sleep)
        except ConditionFailedError:
            return False
        return True

    def get(self, run_id: str) -> BulkRun:
        answer = self._client.get_item(TableName=self._table, Key=encoded(run_key(run_id)), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFoundError(f"there is no bulk run {run_id}")
        return run_from(decoded(answer["Item"]))

    def save(self, run: BulkRun) -> BulkRun:
        saved = run._replace(version=run.version + 1)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=encoded(run_item(saved)),
                ConditionExpression="version = :version",
                ExpressionAttributeValues=encoded({":version": run.version}),
            )
        except ClientError as error:
            if is_error(error, CONDITION_FAILED):
                raise RowChangedError(f"run {run.run_id} was saved by somebody else") from error
            raise
        return saved

    def active(self, tenant: str) -> Iterator[BulkRun]:
        return (run for run in self.of_tenant(tenant) if not run.state.ended)

    def of_tenant(self, tenant: str) -> Iterator[BulkRun]:
        """All runs of a tenant, the last in order of their ids first."""
        pages: Any = self._client.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            ScanIndexForward=False,
            KeyConditionExpression="pk = :tenant",
            ExpressionAttributeValues=encoded({":tenant": tenant_key(tenant, "")["pk"]}),
        )
        for page in pages:
            yield from (self.get(item["sk"]["S"]) for item in page["Items"])
