"""What the tests need to know about processes of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    try:  # one that has ended and waits for its orphanage to notice does not count
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return not Path("/proc").exists()


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true; the bound is only there so that a failure ends."""
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.01)
    return False
