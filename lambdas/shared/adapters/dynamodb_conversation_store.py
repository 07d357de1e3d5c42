"""Conversations in DynamoDB, long texts in S3: conditional writes hold the lease, one transaction stores a turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.adapters import conversation_items as items
from lambdas.shared.adapters import dynamodb_writes as writes
from lambdas.shared.adapters.s3_message_texts import S3MessageTexts
from lambdas.shared.domain.conversation import Conversation, Lease, Message, Page, unknown_conversation
from lambdas.shared.domain.errors import ConversationBusyError
from lambdas.shared.domain.timestamps import to_iso

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# A conversation whose first turn crashed has no messages; it need not wait as long as a real one to disappear.
_EMPTY_KEPT = timedelta(days=1)
_NOT_LEASED = "(attribute_not_exists(lease_until) OR lease_until < :now)"
_BUSY_RETRY_AFTER_SECONDS = 5
_READ_AHEAD = 20
# A buffered answer has 6 MB at most, and JSON escapes can double a text.
_PAGE_BYTES = 2_500_000


class DynamoDbConversationStore:
    """A `ConversationStore`. `table` has string keys pk and sk, and TTL on `expires_at`; long texts are in `texts`."""

    def __init__(
        self,
        client: DynamoDBClient,
        *,
        table: str,
        texts: S3MessageTexts,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._texts = texts
        self._sleep = sleep

    def create(self, lease: Lease, title: str) -> Conversation:
        item = items.header_item(lease, title, keep_until=lease.expires_at + _EMPTY_KEPT)
        self._client.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        return items.conversation(item)

    def take(self, lease: Lease, *, keep_until: datetime | None = None) -> Conversation:
        values = {":token": {"S": lease.token}, ":until": items.milliseconds(lease.expires_at)}
        changes = "SET lease_token = :token, lease_until = :until"
        if keep_until is not None:
            changes += ", expires_at = :keep"
            values[":keep"] = items.seconds(keep_until)
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=items.header_key(lease.owner, lease.conversation_id),
                UpdateExpression=changes,
                ConditionExpression=f"attribute_exists(pk) AND {_NOT_LEASED}",
                ExpressionAttributeValues={**values, ":now": items.milliseconds(lease.taken_at)},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not writes.is_error(error, writes.CONDITION_FAILED):
                raise
            raise (_busy() if error.response.get("Item") else unknown_conversation()) from error
        return items.conversation(answer["Attributes"])

    def release(self, lease: Lease) -> None:
        key = items.header_key(lease.owner, lease.conversation_id)
        token = {":token": {"S": lease.token}}
        if self._holds(
            self._client.delete_item,
            Key=key,
            ConditionExpression="lease_token = :token AND message_count = :none",
            ExpressionAttributeValues={**token, ":none": {"N": "0"}},
        ):
            return
        self._holds(
            self._client.update_item,
            Key=key,
            UpdateExpression="REMOVE lease_token, lease_until",
            ConditionExpression="lease_token = :token",
            ExpressionAttributeValues=token,
        )

    def commit(self, lease: Lease, messages: Sequence[Message], *, keep_until: datetime) -> None:
        header: Any = {
            "TableName": self._table,
            "Key": items.header_key(lease.owner, lease.conversation_id),
            "UpdateExpression": "SET message_count = :count, updated_at = :now, expires_at = :keep "
            "REMOVE lease_token, lease_until",
            "ConditionExpression": "lease_token = :token AND message_count = :before",
            "ExpressionAttributeValues": {
                ":token": {"S": lease.token},
                ":before": {"N": str(messages[0].number)},
                ":count": {"N": str(messages[-1].number + 1)},
                ":now": {"S": to_iso(messages[-1].created_at)},
                ":keep": items.seconds(keep_until),
            },
        }
        # S3 first: a row that points to nothing would be worse than an object that nothing points to.
        spilled = self._texts.spill(lease, messages)
        written = [
            items.message_item(lease, each, keep_until=keep_until, spilled=spilled.get(each.number))
            for each in messages
        ]
        puts: list[Any] = [{"Put": {"TableName": self._table, "Item": item}} for item in written]
        try:
            writes.transact(self._client, [{"Update": header}, *puts], sleep=self._sleep)
        except (writes.ConditionFailedError, self._client.exceptions.TransactionCanceledException) as error:
            # Surely not stored. After any other error nobody knows, so the objects stay and age out.
            self._texts.discard(spilled.values())
            raise (_taken_over() if isinstance(error, writes.ConditionFailedError) else error) from error

    def newest_messages(self, owner: str, conversation_id: str, *, most_bytes: int | None = None) -> Iterator[Message]:
        query = self._messages_query(owner, conversation_id, forward=False, limit=_READ_AHEAD)
        # The turn before may have ended a moment ago on another connection.
        for page in self._pages(ConsistentRead=True, **query):
            for item in page["Items"]:
                spilled = items.spilled_text(item)
                if spilled and most_bytes is not None and spilled.size > most_bytes:
                    return
                yield from self._read(item)

    def get(self, owner: str, conversation_id: str) -> Conversation:
        key = items.header_key(owner, conversation_id)
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise unknown_conversation()
        return items.conversation(item)

    def conversations(self, owner: str, *, limit: int, after: str | None = None) -> Page[Conversation]:
        start = {"ExclusiveStartKey": items.header_key(owner, after)} if after else {}
        found: list[Conversation] = []
        pages = self._pages(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            # Begun and not yet answered, or left by a crash.
            FilterExpression="message_count > :none",
            ExpressionAttributeValues={
                ":pk": {"S": owner},
                ":prefix": {"S": items.HEADER_PREFIX},
                ":none": {"N": "0"},
            },
            ScanIndexForward=False,
            Limit=limit + 1,
            **start,
        )
        for page in pages:
            found += map(items.conversation, page["Items"])
            if len(found) > limit:
                return Page(tuple(found[:limit]), found[limit - 1].conversation_id)
        return Page(tuple(found), None)

    def messages(self, owner: str, conversation_id: str, *, limit: int, after: str | None = None) -> Page[Message]:
        start = {"ExclusiveStartKey": items.message_key(owner, conversation_id, int(after))} if after else {}
        found: list[Message] = []
        size = 0
        query = self._messages_query(owner, conversation_id, forward=True, limit=limit + 1)
        for page in self._pages(**query, **start):
            for item in page["Items"]:
                size += items.text_bytes(item)
                if found and (len(found) == limit or size > _PAGE_BYTES):
                    return Page(tuple(found), str(found[-1].number))
                found += self._read(item)
        return Page(tuple(found), None)

    def rename(self, owner: str, conversation_id: str, title: str) -> Conversation:
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=items.header_key(owner, conversation_id),
                UpdateExpression="SET title = :title",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":title": {"S": title}},
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            raise (unknown_conversation() if writes.is_error(error, writes.CONDITION_FAILED) else error) from error
        return items.conversation(answer["Attributes"])

    def erase(self, lease: Lease) -> None:
        query = self._messages_query(lease.owner, lease.conversation_id, forward=True, limit=None)
        for page in self._pages(ProjectionExpression="pk, sk", ConsistentRead=True, **query):
            writes.delete_all(self._client, self._table, page["Items"], sleep=self._sleep)
        self._texts.erase(lease.owner, lease.conversation_id)
        deleted = self._holds(
            self._client.delete_item,
            Key=items.header_key(lease.owner, lease.conversation_id),
            ConditionExpression="lease_token = :token",
            ExpressionAttributeValues={":token": {"S": lease.token}},
        )
        if not deleted:
            raise _busy()

    def _messages_query(self, owner: str, conversation_id: str, *, forward: bool, limit: int | None) -> dict[str, Any]:
        query: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": items.messages_partition(owner, conversation_id)}},
            "ScanIndexForward": forward,
        }
        return query if limit is None else {**query, "Limit": limit}

    def _pages(self, **query: Any) -> Iterator[Any]:
        """Answers of Query until there are no more; DynamoDB ends a page at 1 MB, whatever the limit."""
        while True:
            answer = self._client.query(TableName=self._table, **query)
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _holds(self, operation: Callable[..., Any], **arguments: Any) -> bool:
        """Do a conditional write; False when its condition did not hold."""
        try:
            operation(TableName=self._table, **arguments)
        except ClientError as error:
            if writes.is_error(error, writes.CONDITION_FAILED):
                return False
            raise
        return True

    def _read(self, item: Any) -> Iterator[Message]:
        """The message of an item; none if its text has aged out before its row."""
        spilled = items.spilled_text(item)
        text = self._texts.read(spilled) if spilled else items.own_text(item)
        if text is not None:
            yield items.message(item, text)


def _busy() -> ConversationBusyError:
    return ConversationBusyError(
        "Another request is changing this conversation right now; try again when it has ended.",
        retry_after_seconds=_BUSY_RETRY_AFTER_SECONDS,
    )


def _taken_over() -> ConversationBusyError:
    return ConversationBusyError(
        "This turn took so long that another one has taken over the conversation; its answer was not stored.",
        retry_after_seconds=_BUSY_RETRY_AFTER_SECONDS,
    )
