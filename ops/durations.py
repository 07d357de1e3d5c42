"""Lengths of time on the command line: 90m, 24h, 7d."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """For argparse: raises its error for anything else."""
    match = re.fullmatch(r"(\d{1,4})([mhd])", text)
    if match is None:
        raise argparse.ArgumentTypeError("is a number of minutes, hours or days, like 90m, 24h or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
