"""Slots of batch jobs, on the fake and on DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_job_slots import DynamoDbJobSlots
from lambdas.shared.domain.bulk.shard_stores import JobSlots
from tests.contract.test_slots import make_slots_table
from tests.fakes.bulk import InMemoryJobSlots

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
Clock = Callable[[float], None]


@pytest.fixture(params=["in-memory", "dynamodb"])
def clocked(request: pytest.FixtureRequest) -> Iterator[tuple[JobSlots, Clock]]:
    days = [0.0]

    def wait(more: float) -> None:
        days[0] += more

    if request.param == "in-memory":
        yield InMemoryJobSlots(now=lambda: days[0] * 86400), wait
        return
    with mock_aws():
        make_slots_table()
        yield (
            DynamoDbJobSlots(boto3.client("dynamodb"), table="slots", now=lambda: NOON + timedelta(days=days[0])),
            wait,
        )


def test_there_are_as_many_as_the_quota_says_for_each_model(clocked: tuple[JobSlots, Clock]) -> None:
    slots, _ = clocked
    assert [slots.take("m#r", owner, 2) for owner in "abc"] == [True, True, False]
    assert slots.take("other#r", "c", 2)


def test_who_has_one_is_told_so_and_takes_no_other(clocked: tuple[JobSlots, Clock]) -> None:
    slots, _ = clocked
    assert slots.take("m#r", "a", 2) and slots.take("m#r", "a", 2)
    assert slots.take("m#r", "b", 2)


def test_one_that_is_given_back_can_be_taken(clocked: tuple[JobSlots, Clock]) -> None:
    slots, _ = clocked
    slots.take("m#r", "a", 1)
    slots.release("m#r", "b")
    assert not slots.take("m#r", "b", 1)
    slots.release("m#r", "a")
    slots.release("m#r", "a")
    assert slots.take("m#r", "b", 1)


def test_it_outlives_the_longest_job_and_not_for_ever(clocked: tuple[JobSlots, Clock]) -> None:
    slots, wait = clocked
    slots.take("m#r", "a", 1)
    wait(7.5)
    assert not slots.take("m#r", "b", 1)
    wait(1)
    assert slots.take("m#r", "b", 1)
