"""DynamoDB tables: data, indexes and point-in-time recovery."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ops.leftovers.kind import Say, Size, is_absent, tags_by_key
from ops.leftovers.prices import TABLE_RECOVERY, TABLE_STORAGE

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class Tables:
    """Sizes are DynamoDB's own, up to six hours old."""

    label = "table"
    arn = re.compile(r"arn:[^:]+:dynamodb:[^:]*:\d*:table/([^/:]+)")

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def size(self, name: str) -> Size | None:
        try:
            table = self._client.describe_table(TableName=name)["Table"]
            backups = self._client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        except ClientError as error:
            if is_absent(error):
                return None
            raise
        if table["TableStatus"] == "DELETING":
            return None
        data = table.get("TableSizeBytes", 0)
        stored = data + sum(index.get("IndexSizeBytes", 0) for index in table.get("GlobalSecondaryIndexes", []))
        cost = TABLE_STORAGE.of(stored)
        recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"
        if recovery:  # billed by the table's data, without its global indexes
            cost += TABLE_RECOVERY.of(data)
        items = f"{table.get('ItemCount', 0):,} items"
        return Size(stored, cost, f"{items}, point-in-time recovery" if recovery else items)

    def tags(self, name: str, arn: str) -> Mapping[str, str]:
        pages = self._client.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
        return tags_by_key([tag for page in pages for tag in page.get("Tags", [])])

    def delete(self, name: str, say: Say) -> None:
        """AWS keeps the last state of a table with point-in-time recovery for 35 days, free of charge."""
        if self._client.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
            self._client.update_table(TableName=name, DeletionProtectionEnabled=False)
            say(f"  {name}: deletion protection is off")
        # a table that is still UPDATING cannot be deleted
        self._client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 60})
        self._client.delete_table(TableName=name)
