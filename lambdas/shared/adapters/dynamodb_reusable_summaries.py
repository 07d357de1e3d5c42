"""Summaries that can be used again, beside the document records in DynamoDB.

Keys: pk `<tenant>`, sk `reuse#<content hash>#<prompt version>#<model>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.shared.adapters.dynamodb_attributes import Item, decoded, encoded
from lambdas.shared.domain.reusable_summaries import ReuseKey
from lambdas.shared.domain.summary import Summary, summary_from

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbReusableSummaries:
    """`ReusableSummaries`."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def find_reusable(self, tenant: str, reuse: ReuseKey) -> Summary | None:
        item = self._get(_key(tenant, reuse))
        return None if item is None else summary_from(item["summary"])

    def keep_reusable(self, tenant: str, reuse: ReuseKey, summary: Summary) -> None:
        item = {**_key(tenant, reuse), "summary": summary.as_json()}
        self._client.put_item(TableName=self._table, Item=encoded(item))

    def _get(self, key: Item) -> Item | None:
        answer = self._client.get_item(TableName=self._table, Key=encoded(key), ConsistentRead=True)
        return decoded(answer["Item"]) if "Item" in answer else None


def _key(tenant: str, reuse: ReuseKey) -> Item:
    return {"pk": tenant, "sk": f"reuse#{reuse.content_hash}#{reuse.prompt_version}#{reuse.model}"}
