"""Points in time as text: UTC, milliseconds, fixed width, so that they sort as strings."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present, aware of its zone."""
    return datetime.now(UTC)


def to_iso(moment: datetime) -> str:
    """`2026-11-21T08:30:00.000Z`; `moment` must be aware of its zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def from_iso(text: str) -> datetime:
    """The inverse of `to_iso`; takes any ISO 8601 text with a zone. Raises ValueError."""
    return datetime.fromisoformat(text).astimezone(UTC)
