"""Points in time as text: UTC, milliseconds, fixed width, so that they sort as strings."""

from __future__ import annotations

import re
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present, aware of its zone."""
    return datetime.now(UTC)


def to_iso(moment: datetime) -> str:
    """`2026-11-21T08:30:00.000Z`; `moment` must be aware of its zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


# A date alone is the midnight in UTC with which it begins. No finer than `to_iso`, so that two of them stay in order.
MOMENT_PATTERN = (
    r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?"
)


def moment_from(text: str) -> datetime:
    """What a person writes: `2026-11-21`, or a time with its zone (`2026-11-21T08:30:00Z`), from 1900 on.

    Raises ValueError.
    """
    if not re.fullmatch(MOMENT_PATTERN, text):
        raise ValueError("neither a date nor a time with its zone")
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def from_iso(text: str) -> datetime:
    """The inverse of `to_iso`; takes any ISO 8601 text with a zone. Raises ValueError."""
    return datetime.fromisoformat(text).astimezone(UTC)
