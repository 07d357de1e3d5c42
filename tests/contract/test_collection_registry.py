"""The registry of collections, on the fake and on DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_collection_registry import DynamoDbCollectionRegistry
from lambdas.shared.domain.collection import Collection, CollectionShape
from lambdas.shared.domain.collection_registry import CollectionRegistry
from lambdas.shared.domain.errors import NotFoundError, TooManyCollectionsError
from local.cloud.seams import tables
from tests.contract.test_slots import make_slots_table
from tests.fakes.collections import InMemoryCollectionRegistry

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SHAPE = CollectionShape(8, "cosine", "acme.embed-v1:0")


@pytest.fixture(params=["fake", "dynamodb"])
def registry(request: pytest.FixtureRequest) -> Iterator[CollectionRegistry]:
    if request.param == "fake":
        yield InMemoryCollectionRegistry()
        return
    with mock_aws():
        make_slots_table()
        yield DynamoDbCollectionRegistry(boto3.client("dynamodb"), table="slots", sleep=lambda _: None)


def a_collection(
    name: str = "books", tenant: str = "acme", index: str = "", shape: CollectionShape = SHAPE
) -> Collection:
    return Collection(tenant, name, index or f"c-{tenant}-{name}", shape, NOON)


@pytest.mark.parametrize("shape", [SHAPE, CollectionShape(4096, "euclidean", None)])
def test_what_is_added_is_read_back_by_its_own_tenant_alone(
    registry: CollectionRegistry, shape: CollectionShape
) -> None:
    added = a_collection(shape=shape)
    assert registry.add(added, most=2) == added
    assert registry.get("acme", "books") == added
    assert registry.get("acmes", "books") is None
    assert registry.get("acme", "book") is None


def test_a_name_that_is_taken_answers_what_stands(registry: CollectionRegistry) -> None:
    first = registry.add(a_collection(index="c-1"), most=1)
    assert registry.add(a_collection(index="c-2"), most=1) == first
    other = a_collection(tenant="other")
    assert registry.add(other, most=1) == other


def test_there_are_as_many_as_may_be_and_a_removed_one_gives_its_place(registry: CollectionRegistry) -> None:
    first, second = a_collection("one"), a_collection("two")
    registry.add(first, most=1)
    with pytest.raises(TooManyCollectionsError):
        registry.add(second, most=1)
    registry.remove(first)
    registry.remove(first)
    assert registry.add(second, most=1) == second
    with pytest.raises(TooManyCollectionsError):
        registry.add(first, most=1)


def test_however_many_are_added_at_once_no_more_than_the_limit_are_there() -> None:
    tables.install()
    with mock_aws():
        make_slots_table()
        registry = DynamoDbCollectionRegistry(boto3.client("dynamodb"), table="slots", sleep=lambda _: None)

        def add(number: int) -> bool:
            try:
                registry.add(a_collection(f"c{number}"), most=3)
            except TooManyCollectionsError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(add, range(12))) == 3
        assert len(registry.page("acme", limit=50, after=None).items) == 3


def test_states_follow_the_very_row(registry: CollectionRegistry) -> None:
    row = registry.add(a_collection(index="c-1"), most=5)
    assert registry.mark_ready(row).state == "ready"
    assert registry.mark_ready(row).state == "ready", "two that complete it do not disturb each other"
    deleting = registry.mark_deleting(row)
    found = registry.get("acme", "books")
    assert found == deleting and deleting.state == "deleting"
    with pytest.raises(NotFoundError):
        registry.mark_ready(row)
    registry.remove(deleting)
    again = registry.add(a_collection(index="c-2"), most=5)
    for late in (registry.mark_ready, registry.mark_deleting):
        with pytest.raises(NotFoundError):
            late(row)
    registry.remove(row)
    assert registry.get("acme", "books") == again


def test_pages_go_by_name_and_end(registry: CollectionRegistry) -> None:
    for name in ("b", "a", "0", "c-1", "c"):
        registry.add(a_collection(name), most=9)
    registry.add(a_collection("bb", tenant="other"), most=9)
    first = registry.page("acme", limit=2, after=None)
    assert ([each.name for each in first.items], first.after) == (["0", "a"], "a")
    rest = registry.page("acme", limit=9, after=first.after)
    assert ([each.name for each in rest.items], rest.after) == (["b", "c", "c-1"], None)
    assert registry.page("nobody", limit=2, after=None).items == ()
