"""What a caller asks of a run is checked before anything is spent, and each bad field is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lambdas.shared.domain.bulk.bulk_request import (
    BulkRunActiveError,
    CheckedRequest,
    check_request,
    parse_deadline,
    refuse_overlap,
)
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE
from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.domain.bulk.source import AllowedSource, parse_source
from lambdas.shared.domain.errors import InvalidInputError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def checked(
    source: str = "s3://archive/x/", deadline: str | None = None, max_usd: Decimal | None = None
) -> CheckedRequest:
    return check_request(
        source=source, deadline=deadline, max_usd=max_usd, tenant="acme", allowed=[AllowedSource("archive")], now=NOW
    )


def refused(**fields: object) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as caught:
        checked(**fields)
    return {error.pointer: error.detail for error in caught.value.errors}


def test_a_request_that_makes_sense_is_taken() -> None:
    taken = checked(deadline="24h", max_usd=Decimal(200))
    assert taken.wishes == (NOW + timedelta(hours=24), Decimal(200))
    assert checked().wishes == (None, None)


@pytest.mark.parametrize("amount", ["-1", "0", "NaN", "Infinity"])
def test_a_budget_must_be_a_positive_number(amount: str) -> None:
    assert "above 0" in refused(max_usd=Decimal(amount))["/max_usd"]


def test_a_deadline_that_is_past_says_so() -> None:
    assert "2026-11-21 11:59 UTC is past" in refused(deadline="2026-11-21T11:59:00Z")["/deadline"]
    assert "/deadline" in refused(deadline="0h")


@pytest.mark.parametrize("text", ["soon", "24", "24 hours", "2026-11-22T08:00:00", "99999h", ""])
def test_a_deadline_without_a_zone_or_a_meaning_is_refused(text: str) -> None:
    assert "24h, 7d" in refused(deadline=text)["/deadline"]


def test_every_bad_field_is_named_at_once() -> None:
    assert set(refused(source="nowhere", deadline="soon", max_usd=Decimal(-1))) == {"/source", "/deadline", "/max_usd"}


def test_a_bucket_that_is_not_allowed_is_refused() -> None:
    assert "the operator can allow it" in refused(source="s3://secret/x/")["/source"]


def test_deadlines_are_periods_or_times() -> None:
    assert parse_deadline("7d", NOW) == NOW + timedelta(days=7)
    assert parse_deadline("2026-11-22T08:00:00+02:00", NOW) == datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_a_second_run_over_the_same_documents_is_refused_and_told_of_the_first() -> None:
    first = BulkRun("run1", "acme", "s3://archive/x/", "m", CONSERVATIVE, state=RunState.STOPPED)
    with pytest.raises(BulkRunActiveError, match=r"run run1 \(STOPPED\) takes documents of s3://archive/x/"):
        refuse_overlap(parse_source("s3://archive/x/2026/"), [first])
    refuse_overlap(parse_source("s3://archive/y/"), [first])
