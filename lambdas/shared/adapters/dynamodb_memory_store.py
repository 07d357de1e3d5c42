"""The rolling summary in a conversation's header item: conditional writes, so that no two refreshes mix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.adapters import conversation_items as items
from lambdas.shared.adapters.dynamodb_writes import CONDITION_FAILED, is_error
from lambdas.shared.domain.memory import Memory

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbMemoryStore:
    """A `MemoryStore` on the table of the conversations."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def claim(self, owner: str, conversation_id: str, known: Memory, *, message_count: int) -> bool:
        unchanged = "attribute_not_exists(memory_asked_at)" if known.asked_at is None else "memory_asked_at = :known"
        values: dict[str, Any] = {":count": {"N": str(message_count)}}
        if known.asked_at is not None:
            values[":known"] = {"N": str(known.asked_at)}
        return self._update(
            owner,
            conversation_id,
            UpdateExpression="SET memory_asked_at = :count",
            ConditionExpression=f"attribute_exists(pk) AND {unchanged}",
            ExpressionAttributeValues=values,
        )

    def keep(self, owner: str, conversation_id: str, memory: Memory) -> bool:
        return self._update(
            owner,
            conversation_id,
            UpdateExpression="SET memory = :summary, memory_through = :through",
            ConditionExpression="attribute_exists(pk) AND memory_asked_at = :claimed",
            ExpressionAttributeValues={
                ":summary": {"S": memory.summary},
                ":through": {"N": str(memory.through)},
                ":claimed": {"N": str(memory.asked_at)},
            },
        )

    def _update(self, owner: str, conversation_id: str, **arguments: Any) -> bool:
        key = items.header_key(owner, conversation_id)
        try:
            self._client.update_item(TableName=self._table, Key=key, **arguments)
        except ClientError as error:
            if is_error(error, CONDITION_FAILED):
                return False
            raise
        return True
