"""The functions' processes by the short id that stands in their calls' signatures, so that one can be ended."""

from __future__ import annotations

import threading
from collections.abc import Callable


class RunningProcesses:
    """Process id (8 hexadecimal digits, not the system's) -> how to kill it and wait for its end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kills: dict[str, Callable[[], object]] = {}

    def add(self, process: str, kill: Callable[[], object]) -> None:
        with self._lock:
            self._kills[process] = kill

    def remove(self, process: str) -> None:
        with self._lock:
            self._kills.pop(process, None)

    def kill(self, process: str) -> bool:
        """End it at once, as a crash would; False if it is not running."""
        with self._lock:
            kill = self._kills.get(process)
        if kill is not None:
            kill()
        return kill is not None
