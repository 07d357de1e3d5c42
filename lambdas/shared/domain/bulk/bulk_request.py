"""Checks what a caller asks of a bulk run, before anything is listed or spent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.schedule import Wishes
from lambdas.shared.domain.bulk.source import AllowedSource, Source, check_source, overlap, parse_source
from lambdas.shared.domain.errors import (
    ConflictError,
    FieldError,
    InvalidInputError,
)

_PERIOD = re.compile(r"(?P<count>\d{1,4})(?P<unit>[hd])")
_HOURS = {"h": 1, "d": 24}


class BulkRunActiveError(ConflictError):
    """Another run takes the same documents and has not ended: together they would pay twice."""

    code = "bulk_run_active"


class CheckedRequest(NamedTuple):
    """A request that makes sense."""

    source: Source
    wishes: Wishes


def check_request(
    *,
    source: str,
    deadline: str | None,
    max_usd: Decimal | None,
    tenant: str,
    allowed: Sequence[AllowedSource],
    now: datetime,
) -> CheckedRequest:
    """Raises InvalidInputError with every bad field. `deadline`: a time with its zone, or a period (`24h`, `7d`)."""
    errors: list[FieldError] = []
    parsed: Source | None = None
    try:
        parsed = parse_source(source)
        check_source(parsed, tenant, allowed)
    except InvalidInputError as error:
        errors += error.errors
    errors += bad_budget(max_usd)
    by = None if deadline is None else parse_deadline(deadline, now)
    if deadline is not None and by is None:
        errors.append(FieldError("/deadline", "write 24h, 7d or a time with its zone, 2026-12-01T08:00:00Z"))
    elif by is not None and by <= now:
        errors.append(FieldError("/deadline", f"{by:%Y-%m-%d %H:%M} UTC is past; it is {now:%Y-%m-%d %H:%M} UTC"))
    if errors or parsed is None:
        raise InvalidInputError(
            "; ".join(f"{error.pointer[1:]}: {error.detail}" for error in errors), errors=(*errors,)
        )
    return CheckedRequest(parsed, Wishes(by, max_usd))


def bad_budget(max_usd: Decimal | None) -> list[FieldError]:
    """What is wrong with a budget; None is none."""
    if max_usd is None or (max_usd.is_finite() and max_usd > 0):
        return []
    return [FieldError("/max_usd", "must be a number of USD above 0; leave it out for no budget")]


def parse_deadline(text: str, now: datetime) -> datetime | None:
    """None for what is neither a period nor a time with its zone."""
    period = _PERIOD.fullmatch(text.strip())
    if period:
        return now + timedelta(hours=int(period["count"]) * _HOURS[period["unit"]])
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def refuse_overlap(source: Source, active: Iterable[BulkRun]) -> None:
    """Raises BulkRunActiveError where a run that has not ended takes documents of this source."""
    for run in active:
        if overlap(source, parse_source(run.source)):
            raise BulkRunActiveError(
                f"run {run.run_id} ({run.state}) takes documents of {run.source}; wait for it, resume it or stop it"
            )
