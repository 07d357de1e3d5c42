"""A fake of bounded places."""

from __future__ import annotations

from datetime import datetime

from lambdas.shared.domain.slots import NoSlotError, Slot


class InMemorySlots:
    """Keeps who has which place; `most_taken` is the most at once since the beginning."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, int], Slot] = {}
        self.most_taken = 0

    def take(self, scope: str, *, most: int, holder: str, now: datetime, expires_at: datetime) -> Slot:
        live = {
            number: slot for (where, number), slot in self._taken.items() if where == scope if slot.expires_at > now
        }
        own = [number for number, slot in live.items() if slot.holder == holder]
        free = own or [number for number in range(most) if number not in live]
        if not free:
            raise NoSlotError(scope)
        slot = self._taken[scope, free[0]] = Slot(scope, free[0], holder, expires_at)
        self.most_taken = max(self.most_taken, len(live) + (not own))
        return slot

    def give_back(self, slot: Slot) -> None:
        standing = self._taken.get((slot.scope, slot.number))
        if standing is not None and standing.holder == slot.holder:
            del self._taken[slot.scope, slot.number]

    @property
    def taken(self) -> int:
        """How many have not been given back."""
        return len(self._taken)
