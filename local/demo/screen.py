"""What the demo prints: headings, dialogue and timings, in colour where the terminal has it."""

from __future__ import annotations

import os
import sys
import textwrap
import time


class Screen:
    """Writes to standard output at once, so that progress is seen while it happens."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._begin = time.monotonic()

    def heading(self, text: str) -> None:
        print(f"\n{self._paint('1', text)}", flush=True)

    def line(self, text: str = "") -> None:
        """One or more lines, indented."""
        print(textwrap.indent(text, "  "), flush=True)

    def note(self, text: str) -> None:
        print(f"  {self._paint('2', text)}", flush=True)

    def said(self, who: str, text: str) -> None:
        print(f"  {self._paint('36', who + ':'):<7} {text}", flush=True)

    def begin(self, who: str) -> None:
        print(f"  {self._paint('36', who + ':')} ", end="", flush=True)

    def piece(self, text: str) -> None:
        print(text.replace("\n", "\n  "), end="", flush=True)

    def end(self) -> None:
        print(flush=True)

    def elapsed(self) -> float:
        """Seconds since the screen was made."""
        return time.monotonic() - self._begin

    def _paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text


def dollars(cost: float | None) -> str:
    """A cost as people read it; None is "unknown", which is not the same as free."""
    if cost is None:
        return "unknown"
    return f"${cost:.8f}".rstrip("0").rstrip(".") if cost else "$0"
