"""Slots of batch jobs: the places of `DynamoDbSlots`, with leases that outlive the longest job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.shared.adapters.dynamodb_slots import DynamoDbSlots
from lambdas.shared.domain.slots import NoSlotError
from lambdas.shared.domain.timestamps import utc_now

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# A job takes seven days at most (timeoutDurationInHours <= 168), and a day goes by until its end is seen.
_LEASE = timedelta(days=8)
_PREFIX = "batch#"


class DynamoDbJobSlots:
    """`JobSlots`, beside the slots of other work in the same table."""

    def __init__(self, client: DynamoDBClient, *, table: str, now: Callable[[], datetime] = utc_now) -> None:
        self._slots = DynamoDbSlots(client, table=table)
        self._now = now

    def take(self, scope: str, owner: str, limit: int) -> bool:
        now = self._now()
        try:
            self._slots.take(_PREFIX + scope, most=limit, holder=owner, now=now, expires_at=now + _LEASE)
        except NoSlotError:
            return False
        return True

    def release(self, scope: str, owner: str) -> None:
        self._slots.give_back_all(_PREFIX + scope, owner, now=self._now())
