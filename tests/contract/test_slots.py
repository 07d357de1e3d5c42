"""Bounded places, on the fake and on DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_slots import DynamoDbSlots
from lambdas.shared.domain.slots import NoSlotError, Slot, Slots
from tests.fakes.slots import InMemorySlots

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)


def make_slots_table() -> None:
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    boto3.client("dynamodb").create_table(
        TableName="slots",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture(params=["fake", "dynamodb"])
def slots(request: pytest.FixtureRequest) -> Iterator[Slots]:
    if request.param == "fake":
        yield InMemorySlots()
        return
    with mock_aws():
        make_slots_table()
        yield DynamoDbSlots(boto3.client("dynamodb"), table="slots")


def take(slots: Slots, holder: str, *, most: int = 2, scope: str = "infer", now: datetime = NOON) -> Slot:
    return slots.take(scope, most=most, holder=holder, now=now, expires_at=now + timedelta(minutes=1))


def test_each_holder_has_a_place_of_its_own_until_there_is_none(slots: Slots) -> None:
    taken = {take(slots, holder).number for holder in "ab"}
    assert taken == {0, 1}
    with pytest.raises(NoSlotError):
        take(slots, "c")


def test_a_place_that_is_given_back_can_be_taken(slots: Slots) -> None:
    first = take(slots, "a", most=1)
    slots.give_back(first)
    assert take(slots, "b", most=1).number == first.number


def test_the_same_holder_keeps_its_place(slots: Slots) -> None:
    first = take(slots, "a", most=1)
    again = take(slots, "a", most=1, now=NOON + timedelta(seconds=30))
    assert again.number == first.number and again.expires_at > first.expires_at


def test_a_crashed_holders_place_comes_free(slots: Slots) -> None:
    take(slots, "a", most=1)
    with pytest.raises(NoSlotError):
        take(slots, "b", most=1, now=LATER - timedelta(seconds=1))
    assert take(slots, "b", most=1, now=LATER).holder == "b"


def test_who_comes_late_gives_nothing_back_that_another_has(slots: Slots) -> None:
    late = take(slots, "a", most=1)
    take(slots, "b", most=1, now=LATER)
    slots.give_back(late)
    with pytest.raises(NoSlotError):
        take(slots, "c", most=1, now=LATER)


def test_giving_back_twice_is_no_error(slots: Slots) -> None:
    slot = take(slots, "a")
    slots.give_back(slot)
    slots.give_back(slot)


def test_scopes_do_not_meet(slots: Slots) -> None:
    take(slots, "a", most=1, scope="infer")
    assert take(slots, "a", most=1, scope="model#us-east-1").scope == "model#us-east-1"


def test_a_place_that_another_takes_first_is_left_to_it() -> None:
    """Both saw it free; the second writer tries the next one."""
    with mock_aws():
        make_slots_table()
        client = boto3.client("dynamodb")
        racing = DynamoDbSlots(client, table="slots", shuffled=lambda free: _after(free, lambda: take(other, "b")))
        other = DynamoDbSlots(client, table="slots", shuffled=list)
        assert take(racing, "a").number == 1


def _after(free: object, act: object) -> list[int]:
    act()  # type: ignore[operator]
    return list(free)  # type: ignore[call-overload]
