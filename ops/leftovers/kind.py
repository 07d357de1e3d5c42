"""What every kind of leftover can do: be recognized, measured, asked for its tags, and deleted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from botocore.exceptions import ClientError

Say = Callable[[str], None]

_ABSENT = {
    "404",
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchBucket",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How much is stored, in bytes, and what that costs a month in USD."""

    stored_bytes: int
    monthly_usd: Decimal
    detail: str = ""
    partial: bool = False  # counting stopped early: size and cost are at least this


class Kind(Protocol):
    """One AWS resource type; `name` is what its own service calls a resource."""

    @property
    def label(self) -> str:
        """One word for people: table, bucket, ..."""

    @property
    def arn(self) -> re.Pattern[str]:
        """Matches whole ARNs of this kind; its only group is the name."""

    def size(self, name: str) -> Size | None:
        """None when there is no such resource (any more). Raises ClientError, BotoCoreError."""

    def tags(self, name: str, arn: str) -> Mapping[str, str]:
        """What the resource's own service says, not the tag index. Raises ClientError, BotoCoreError."""

    def delete(self, name: str, say: Say) -> None:
        """Remove it with all that it holds; `say` hears of progress. Raises ClientError, BotoCoreError, OpsError."""


def is_absent(error: ClientError) -> bool:
    """Whether a service answered that there is no such resource."""
    return error.response.get("Error", {}).get("Code", "") in _ABSENT


def tags_by_key(pairs: list[Any]) -> dict[str, str]:
    """From AWS's usual `[{"Key": ..., "Value": ...}]`."""
    return {pair["Key"]: pair["Value"] for pair in pairs}
