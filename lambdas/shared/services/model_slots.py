"""Bounds how many model calls of workflows run at once in the whole deployment."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from lambdas.shared.domain.slots import Slot, Slots
from lambdas.shared.domain.timestamps import utc_now

SCOPE = "summaries.infer"
_LOG = logging.getLogger(__name__)


class ModelSlots:
    """`most` calls at once; `seconds`: longer than a call can take, after that a crashed caller's place is free."""

    def __init__(self, slots: Slots, *, most: int, seconds: int, now: Callable[[], datetime] = utc_now) -> None:
        self._slots = slots
        self._most = most
        self._kept = timedelta(seconds=seconds)
        self._now = now

    @contextmanager
    def held(self, holder: str) -> Iterator[None]:
        """A place for as long as the block runs. Raises NoSlotError where all are taken, and the block does not run."""
        now = self._now()
        slot = self._slots.take(SCOPE, most=self._most, holder=holder, now=now, expires_at=now + self._kept)
        try:
            yield
        finally:
            self._give_back(slot)

    def _give_back(self, slot: Slot) -> None:
        """Never raises: the block's answer is paid for, and the place comes free by itself."""
        try:
            self._slots.give_back(slot)
        except Exception as error:
            _LOG.warning("slot not given back: %s", type(error).__name__)
