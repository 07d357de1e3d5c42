"""How much time is left for what a function is doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# What a step needs to end its files and make its commit.
_RESERVE_MS = 90_000


class InvocationTime:
    """Of the invocation under way; a process has one at a time."""

    def __init__(self) -> None:
        self._remaining_ms: Callable[[], int] = lambda: _RESERVE_MS * 2

    def begin(self, context: Any) -> None:
        """An invocation begins; one without a Lambda context has all the time it wants."""
        self._remaining_ms = getattr(context, "get_remaining_time_in_millis", self._remaining_ms)

    def is_up(self) -> bool:
        """Whether the rest should be left to the next invocation."""
        return self._remaining_ms() < _RESERVE_MS


TIME = InvocationTime()
