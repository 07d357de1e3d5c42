"""Keyed calls: what a caller sends twice under one `Idempotency-Key` is done, and paid for, once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from lambdas.shared.domain.errors import InvalidInputError

# From the end of the call that was answered.
KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An HTTP answer as it is replayed."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one keyed call until `expires_at`, which is later than it can still run. `token` is the
    holder's secret."""

    call_id: str
    fingerprint: str
    token: str
    taken_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EarlierCall:
    """What stands in a claim's way: a call that runs (`ended` is false; `valid_until` is when its claim expires), or
    one that was answered. `answer` None although it ended: the answer was too large to be kept."""

    fingerprint: str
    valid_until: datetime
    ended: bool = False
    answer: KeptAnswer | None = None


class IdempotencyStore(Protocol):
    """Where calls and their answers are kept. What is past its time counts as absent, whether it still exists or not.

    A claim that was lost (it expired, and somebody else claimed the call) changes nothing any more.
    """

    def begin(self, claim: Claim) -> EarlierCall | None:
        """Claim the call: None = it is the claim's, of any number at once exactly one's. Beginning twice with the
        same claim is beginning once."""
        ...

    def keep(self, claim: Claim, answer: KeptAnswer, *, until: datetime) -> bool:
        """End the claim with its answer; False = the claim was lost and the answer is not kept."""
        ...

    def release(self, claim: Claim) -> None:
        """End the claim as if it had never been."""
        ...


def check_idempotency_key(key: str) -> None:
    """Raises InvalidInputError unless it is 1 to 255 visible ASCII characters."""
    if not _KEY.fullmatch(key):
        raise InvalidInputError(
            "The header Idempotency-Key takes 1 to 255 visible ASCII characters without spaces; a UUID is a good one."
        )


def call_id(*, owner: str, route: str, key: str) -> str:
    """Names a keyed call: the same key of another owner, or on another route, is another call. Neither the key nor its
    owner can be read from it."""
    return hashlib.sha256(json.dumps([owner, route, key]).encode()).hexdigest()


def body_fingerprint(body: bytes) -> str:
    """The same for the same JSON value, however it is spaced and its members are ordered; of other bytes their hash."""
    try:
        canonical = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):  # no JSON: the route refuses it
        canonical = body
    return hashlib.sha256(canonical).hexdigest()
