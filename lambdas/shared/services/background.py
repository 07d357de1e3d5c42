"""Work beside the caller's own, in one thread that a process starts once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue

# What the caller does next is what somebody waits for: it gets the processor before the work beside it does.
_CALLER_GOES_FIRST_SECONDS = 0.005


class Background:
    """Begins `work` a moment later, after any that was begun earlier; call one of the two methods once it matters."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._begins_at = time.monotonic() + _CALLER_GOES_FIRST_SECONDS
        self._taken = threading.Lock()  # by the thread, to do the work, or by the caller, so that nobody does it
        self._done = threading.Event()
        self._error: BaseException | None = None
        _queue().put(self)

    def wait(self) -> None:
        """Return when the work is done, as often as it is asked; raises what it raised."""
        self._done.wait()
        if self._error is not None:
            raise self._error

    def cancel(self) -> None:
        """Return when the work will surely not begin any more, or is done; raises what it raised."""
        if not self._taken.acquire(blocking=False):
            self.wait()

    def run(self) -> None:
        """What the thread does."""
        if not self._taken.locked():
            time.sleep(max(0.0, self._begins_at - time.monotonic()))
        if self._taken.acquire(blocking=False):
            try:
                self._work()
            except BaseException as error:
                self._error = error
            self._done.set()


@cache
def _queue() -> SimpleQueue[Background]:
    """What waits for the thread. Starting a thread takes longer than the hand-over to one that waits."""
    waiting: SimpleQueue[Background] = SimpleQueue()

    def serve() -> None:
        while True:
            waiting.get().run()

    threading.Thread(target=serve, name="background", daemon=True).start()
    return waiting
