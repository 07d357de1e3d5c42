"""One piece of work beside the caller's own, in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Background:
    """Begins `work` at once. Whoever needs it done calls `wait`, as often as it likes."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Return when the work is done; raises what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self._error = error
