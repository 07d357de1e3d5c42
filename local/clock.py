"""How fast local time runs: what AWS waits for minutes and hours is divided by one scale (`--time-scale`)."""

from __future__ import annotations

_scale = 1.0


def set_time_scale(scale: float) -> None:
    """60 makes a minute of waiting pass in a second; 1 is real time."""
    global _scale
    if scale <= 0:
        raise ValueError(f"the time scale must be above 0, not {scale}")
    _scale = scale


def scaled(seconds: float) -> float:
    """Real seconds for so many seconds on AWS."""
    return seconds / _scale
