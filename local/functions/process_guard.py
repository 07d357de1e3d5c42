"""Sees to it that no function's process outlives this one, however this one ends."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading

# PR_SET_PDEATHSIG would need a fork with Python code in it (unsafe beside numpy's threads), fires when the *thread*
# that forked ends, and exists on Linux alone. A child that reads a pipe notices the end of its parent everywhere.
_GUARD = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    sign, group = line[0], int(line[1:])
    groups.add(group) if sign == "+" else groups.discard(group)
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""


class ProcessGuard:
    """A small process that kills the process groups it was told of as soon as this process is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._closed = False

    def add(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """End the guard; groups still named to it are killed."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.wait()

    def _tell(self, line: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._closed:
                return
            if self._process is None:
                self._process = _start()
            if self._process.stdin is not None:
                self._process.stdin.write(line)
                self._process.stdin.flush()


def _start() -> subprocess.Popen[str]:
    # a session of its own, because Ctrl-C reaches the whole foreground group
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _GUARD],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
