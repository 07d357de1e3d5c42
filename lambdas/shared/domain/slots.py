"""A bounded number of places for work of one kind, across all executions and runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lambdas.shared.domain.errors import QuarryError


class NoSlotError(QuarryError):
    """All places are taken; the same work may find one later. Nothing was paid for."""

    code = "no_slot"


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that `holder` has taken until `expires_at`, or until it gives it back. `scope` names what is bounded,
    e.g. the calls of summaries, or a model and region."""

    scope: str
    number: int
    holder: str
    expires_at: datetime


class Slots(Protocol):
    """Where places are taken. Two holders never have the same one at the same time."""

    def take(self, scope: str, *, most: int, holder: str, now: datetime, expires_at: datetime) -> Slot:
        """A free place out of `most`. The same holder asking again gets the place that it has, renewed.

        Raises NoSlotError.
        """
        ...

    def give_back(self, slot: Slot) -> None:
        """Free the place, if its holder still has it."""
        ...
