"""An idempotency store in memory, and a clock that tests move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from lambdas.shared.domain.idempotency import Claim, EarlierCall, KeptAnswer


class Clock:
    """Stands still until `advance`."""

    def __init__(self, now: datetime = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass(frozen=True)
class _Record:
    claim: Claim
    state: EarlierCall


class InMemoryIdempotencyStore:
    """`failing` maps a method's name to the error that its calls raise; `calls` counts what was asked of it. Bodies
    above `largest_body` are not kept."""

    def __init__(self, *, largest_body: int = 390_000) -> None:
        self.failing: dict[str, Exception] = {}
        self.calls: list[str] = []
        self._largest_body = largest_body
        self._records: dict[str, _Record] = {}
        self._lock = Lock()

    def begin(self, claim: Claim) -> EarlierCall | None:
        self._called("begin")
        with self._lock:
            found = self._records.get(claim.call_id)
            if found and found.state.valid_until > claim.taken_at:
                return None if found.claim.token == claim.token else found.state
            self._records[claim.call_id] = _Record(claim, EarlierCall(claim.fingerprint, claim.expires_at))
            return None

    def keep(self, claim: Claim, answer: KeptAnswer, *, until: datetime) -> bool:
        self._called("keep")
        with self._lock:
            if not self._is_mine(claim, or_gone=True):
                return False
            kept = answer if len(answer.body) <= self._largest_body else None
            state = EarlierCall(claim.fingerprint, until, ended=True, answer=kept)
            self._records[claim.call_id] = _Record(claim, state)
            return True

    def release(self, claim: Claim) -> None:
        self._called("release")
        with self._lock:
            if self._is_mine(claim, or_gone=False):
                del self._records[claim.call_id]

    def tidy(self, now: datetime) -> None:
        """What TTL does, whenever it comes round to it."""
        self._records = {name: each for name, each in self._records.items() if each.state.valid_until > now}

    @property
    def count(self) -> int:
        return len(self._records)

    def _is_mine(self, claim: Claim, *, or_gone: bool) -> bool:
        found = self._records.get(claim.call_id)
        return or_gone if found is None else found.claim.token == claim.token

    def _called(self, method: str) -> None:
        self.calls.append(method)
        if method in self.failing:
            raise self.failing[method]
