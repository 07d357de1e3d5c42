"""One piece of work beside the caller's own, in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Background:
    """Begins `work` after `delay_seconds`. Whoever needs it done calls `wait`, as often as it likes."""

    def __init__(self, work: Callable[[], object], *, delay_seconds: float = 0.0) -> None:
        self._work = work
        self._delay_seconds = delay_seconds
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Return when the work is done; raises what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        time.sleep(self._delay_seconds)
        try:
            self._work()
        except BaseException as error:
            self._error = error
