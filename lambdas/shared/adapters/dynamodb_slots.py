"""Slots in DynamoDB: one item for each place that is taken.

Keys: pk `<scope>`, sk `<number, five digits>`. A crashed holder's item counts as free after `expires_at` (seconds since
1970, also the TTL attribute: DynamoDB removes it some time later).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from lambdas.shared.domain.slots import NoSlotError, Slot

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Others may take what was free a moment ago: so often another place is tried before the work has to wait.
_TRIES = 4


def _shuffled(numbers: Sequence[int]) -> list[int]:
    return random.sample(numbers, len(numbers))  # no secret: spreads takers over the free places


class DynamoDbSlots:
    """`Slots`. `shuffled` decides in which order free places are tried."""

    def __init__(
        self,
        client: DynamoDBClient,
        *,
        table: str,
        shuffled: Callable[[Sequence[int]], list[int]] = _shuffled,
    ) -> None:
        self._client = client
        self._table = table
        self._shuffled = shuffled

    def take(self, scope: str, *, most: int, holder: str, now: datetime, expires_at: datetime) -> Slot:
        held = self._held(scope, now)
        own = next((number for number, owner in held.items() if owner == holder), None)
        free = [number for number in range(most) if number not in held]
        for number in [own] if own is not None else self._shuffled(free)[:_TRIES]:
            slot = Slot(scope, number, holder, expires_at)
            if self._put(slot, now):
                return slot
        raise NoSlotError(f"all {most} places of {scope} are taken")

    def give_back(self, slot: Slot) -> None:
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=_key(slot.scope, slot.number),
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues={":holder": {"S": slot.holder}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # it had expired, and somebody else has the place or nobody

    def give_back_all(self, scope: str, holder: str, *, now: datetime) -> None:
        """Free every place that the holder has: for holders that do not remember which."""
        for number, owner in self._held(scope, now).items():
            if owner == holder:
                self.give_back(Slot(scope, number, holder, now))

    def _held(self, scope: str, now: datetime) -> dict[int, str]:
        """Who has which place; read consistently, so that nobody looks for a place where there is none."""
        pages: Any = self._client.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :scope",
            ExpressionAttributeValues={":scope": {"S": scope}},
        )
        items = [item for page in pages for item in page["Items"] if int(item["expires_at"]["N"]) > now.timestamp()]
        return {int(item["sk"]["S"]): item["holder"]["S"] for item in items}

    def _put(self, slot: Slot, now: datetime) -> bool:
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_key(slot.scope, slot.number),
                    "holder": {"S": slot.holder},
                    "expires_at": {"N": str(ceil(slot.expires_at.timestamp()))},
                },
                ConditionExpression="attribute_not_exists(pk) OR holder = :holder OR expires_at <= :now",
                ExpressionAttributeValues={
                    ":holder": {"S": slot.holder},
                    ":now": {"N": str(int(now.timestamp()))},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(scope: str, number: int) -> Any:
    return {"pk": {"S": scope}, "sk": {"S": f"{number:05}"}}
