"""A virtual clock, and processes that sleep on it: generators that yield seconds, or processes to wait for."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Sequence
from typing import Any

Script = Generator[Any, Any, Any]


class Process:
    """A running generator. Killing it drops it where it stands, without a word, as a crash does."""

    def __init__(self, kernel: Kernel, script: Script) -> None:
        self.kernel = kernel
        self.script = script
        self.over = False
        self.children: Sequence[Process] = ()
        self.waiting = 0
        self.parent: Process | None = None

    def advance(self) -> None:
        if self.over:
            return
        try:
            wish = next(self.script)
        except StopIteration:
            self.end()
            return
        if isinstance(wish, list):
            self._wait_for(wish)
        else:
            self.kernel.after(wish, self.advance)

    def end(self) -> None:
        self.over = True
        if self.parent is not None:
            self.parent.waiting -= 1
            if self.parent.waiting == 0:
                self.kernel.after(0.0, self.parent.advance)

    def kill(self) -> None:
        for child in self.children:
            child.kill()
        self.over = True
        self.parent = None

    def _wait_for(self, children: list[Process]) -> None:
        self.children = children
        alive = [child for child in children if not child.over]
        self.waiting = len(alive)
        for child in alive:
            child.parent = self
        if not alive:
            self.kernel.after(0.0, self.advance)


class Kernel:
    """Runs what is due, in the order of time and then of asking."""

    def __init__(self) -> None:
        self.now = 0.0
        self.steps = 0
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self.steps += 1
        heapq.heappush(self._due, (self.now + seconds, self.steps, action))

    def start(self, script: Script, delay: float = 0.0) -> Process:
        process = Process(self, script)
        self.after(delay, process.advance)
        return process

    def run(self, *, until: Callable[[], bool], longest: float, most_steps: int) -> bool:
        """False when it is stuck: nothing is due, the time is up, or too much has happened."""
        while not until():
            if not self._due or self.now > longest or self.steps > most_steps:
                return False
            self.now, _, action = heapq.heappop(self._due)
            action()
        return True
