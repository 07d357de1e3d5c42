"""Lets a keyed call run once: begin it, then keep its answer or release the key."""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from lambdas.shared.domain.errors import (
    IdempotencyAnswerLostError,
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
)
from lambdas.shared.domain.idempotency import (
    KEPT,
    Claim,
    EarlierCall,
    IdempotencyStore,
    KeptAnswer,
    body_fingerprint,
    call_id,
    check_idempotency_key,
)
from lambdas.shared.domain.timestamps import utc_now

_LOG = logging.getLogger(__name__)
# Lambda ends a function late (most of a second has been seen), and its machines' clocks differ a little.
_MARGIN = timedelta(seconds=10)
# No function runs longer: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
_LONGEST_RUN = timedelta(minutes=15)
_RETRY_AFTER_SECONDS = 5


class IdempotentCall:
    """A call that is ours to run. End it with `keep` or `release`, once; a call that is never ended stays claimed
    until it can no longer be running. Neither raises: the answer matters more, and the claim ends by itself."""

    def __init__(self, store: IdempotencyStore, claim: Claim, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._claim = claim
        self._now = now

    def keep(self, answer: KeptAnswer) -> None:
        """Replay `answer` from now on, for a day."""
        try:
            kept = self._store.keep(self._claim, answer, until=self._now() + KEPT)
        except Exception as error:
            _LOG.warning("idempotent answer not kept: %s", type(error).__name__)
        else:
            if not kept:
                _LOG.warning("idempotent answer not kept: the claim was lost")

    def release(self) -> None:
        """Let the next call with this key run."""
        try:
            self._store.release(self._claim)
        except Exception as error:
            _LOG.warning("idempotency key not released: %s", type(error).__name__)


class IdempotentCalls:
    """Claims keyed calls, of which at most one runs at a time."""

    def __init__(
        self,
        *,
        store: IdempotencyStore,
        now: Callable[[], datetime] = utc_now,
        new_token: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._store = store
        self._now = now
        self._new_token = new_token

    def begin(
        self, *, owner: str, route: str, key: str, body: bytes, remaining_seconds: float = math.inf
    ) -> KeptAnswer | IdempotentCall:
        """The answer that the same call got before, or the call to run, which may take `remaining_seconds`.

        Raises InvalidInputError (no valid key), IdempotencyKeyReusedError (another body), IdempotencyInProgressError
        (it runs right now), IdempotencyAnswerLostError (it ran, and its answer was too large to be kept).
        """
        check_idempotency_key(key)
        now = self._now()
        longest = _LONGEST_RUN.total_seconds()
        claim = Claim(
            call_id=call_id(owner=owner, route=route, key=key),
            fingerprint=body_fingerprint(body),
            token=self._new_token(),
            taken_at=now,
            expires_at=now + timedelta(seconds=min(max(remaining_seconds, 0), longest)) + _MARGIN,
        )
        earlier = self._store.begin(claim)
        if earlier is None:
            return IdempotentCall(self._store, claim, now=self._now)
        return _replayed(earlier, claim)


def _replayed(earlier: EarlierCall, claim: Claim) -> KeptAnswer:
    if earlier.fingerprint != claim.fingerprint:
        raise IdempotencyKeyReusedError(
            "This Idempotency-Key came with another body before; send a new key with a new request."
        )
    if not earlier.ended:
        left = math.ceil((earlier.valid_until - claim.taken_at).total_seconds())
        raise IdempotencyInProgressError(
            "The first request with this Idempotency-Key is still running; ask again for its answer.",
            retry_after_seconds=max(1, min(left, _RETRY_AFTER_SECONDS)),
        )
    if earlier.answer is None:
        raise IdempotencyAnswerLostError(
            "The first request with this Idempotency-Key has been done and paid for, but its answer was too large to "
            "be kept for a replay. What it stored is there; a new key does it again."
        )
    return earlier.answer
