"""Rows of bulk runs and shards, on the fakes and on DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from lambdas.shared.adapters.dynamodb_shard_store import DynamoDbShardStore
from lambdas.shared.domain.bulk.batch_jobs import JobStatus
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase, RunState
from lambdas.shared.domain.bulk.run_stores import BulkRunStore, RowChangedError
from lambdas.shared.domain.bulk.shard_job import ShardPhase, ShardRef, ShardRow
from lambdas.shared.domain.bulk.shard_stores import ShardStore
from lambdas.shared.domain.errors import NotFoundError
from tests.fakes.bulk import InMemoryBulkRunStore, InMemoryShardStore

FULL = BulkRun(
    run_id="run_1",
    tenant="acme",
    source="s3://archive/bulk/",
    model_id="amazon.nova-lite-v1:0",
    quotas=CONSERVATIVE._replace(jobs=3),
    state=RunState.STOPPED,
    phase=RunPhase.CUTTING,
    round=2,
    rounds_left=1,
    most_jobs=4,
    sweep_limit=1000,
    max_usd=Decimal("12.50"),
    record_usd=Decimal("0.000125"),
    stop_wanted=True,
    reason="sweep_limit: 12 records",
    documents=150,
    key_files=3,
)
BARE = BulkRun("run_2", "acme", "s3://archive/", "m", CONSERVATIVE)
REF = ShardRef("run_1", 2, 31)
ROW = ShardRow(
    REF,
    phase=ShardPhase.RUNNING,
    attempt=2,
    job_id="arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abc",
    status=JobStatus.IN_PROGRESS,
    message="no such bucket",
    succeeded=0,
    stopping=True,
    waits=4,
    misses=1,
    earlier=("quarry-1",),
    settlement="bulk/run_1/settled.json",
)


class Stores(NamedTuple):
    runs: BulkRunStore
    shards: ShardStore


@pytest.fixture(params=["in-memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "in-memory":
        yield Stores(InMemoryBulkRunStore(), InMemoryShardStore())
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        make_bulk_table(client, "bulk")
        yield Stores(DynamoDbBulkRunStore(client, table="bulk"), DynamoDbShardStore(client, table="bulk"))


def make_bulk_table(client: object, name: str) -> None:
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    client.create_table(  # type: ignore[attr-defined]
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.mark.parametrize("run", [FULL, BARE], ids=["full", "bare"])
def test_a_run_comes_back_as_it_was_kept(stores: Stores, run: BulkRun) -> None:
    assert stores.runs.create(run)
    assert stores.runs.get(run.run_id) == run
    assert [type(value) for value in stores.runs.get(run.run_id)] == [type(value) for value in run]


def test_a_run_is_created_once(stores: Stores) -> None:
    stores.runs.create(FULL)
    assert not stores.runs.create(FULL._replace(round=9))
    assert stores.runs.get("run_1") == FULL


def test_an_unknown_run_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFoundError):
        stores.runs.get("run_0")


def test_of_two_savers_of_a_run_one_loads_it_again(stores: Stores) -> None:
    stores.runs.create(BARE)
    first = stores.runs.save(BARE._replace(round=1))
    assert (first.version, stores.runs.get("run_2")) == (1, first)
    with pytest.raises(RowChangedError):
        stores.runs.save(BARE._replace(round=2))
    assert stores.runs.save(first._replace(round=3)).version == 2
    assert stores.runs.get("run_2").round == 3


def test_a_tenants_active_runs_are_those_that_have_not_ended(stores: Stores) -> None:
    others = BARE._replace(run_id="run_3", tenant="acme2")
    ended = BARE._replace(run_id="run_4", state=RunState.SUCCEEDED)
    for run in (FULL, BARE, others, ended):
        stores.runs.create(run)
    stores.runs.save(BARE._replace(state=RunState.FAILED))
    assert list(stores.runs.active("acme")) == [FULL]


def test_a_shard_that_nobody_has_touched_is_new(stores: Stores) -> None:
    assert stores.shards.get(REF) == ShardRow(REF)


@pytest.mark.parametrize("row", [ROW, ShardRow(REF, phase=ShardPhase.READY)], ids=["full", "bare"])
def test_a_shard_comes_back_as_it_was_saved(stores: Stores, row: ShardRow) -> None:
    saved = stores.shards.save(row)
    assert saved == row._replace(version=1)
    assert stores.shards.get(REF) == saved
    assert stores.shards.get(REF).name == row.name


def test_of_two_savers_of_a_shard_one_loads_it_again(stores: Stores) -> None:
    first = stores.shards.save(ShardRow(REF, phase=ShardPhase.READY))
    with pytest.raises(RowChangedError):
        stores.shards.save(ShardRow(REF, phase=ShardPhase.UNSENT))
    second = stores.shards.save(first._replace(phase=ShardPhase.SUBMITTING))
    with pytest.raises(RowChangedError):
        stores.shards.save(first._replace(phase=ShardPhase.UNSENT))
    assert stores.shards.get(REF) == second


def test_the_shards_of_a_run_are_found_and_no_others(stores: Stores) -> None:
    stores.runs.create(FULL)
    kept = [stores.shards.save(ROW._replace(ref=ShardRef("run_1", 0, shard))) for shard in range(3)]
    stores.shards.save(ROW._replace(ref=ShardRef("run_10", 0, 0)))
    assert sorted(stores.shards.of_run("run_1")) == sorted(kept)


def test_a_row_is_small_whatever_it_holds() -> None:
    from lambdas.shared.adapters.dynamodb_bulk_items import run_item
    from lambdas.shared.adapters.dynamodb_shard_items import shard_item

    assert max(len(repr(run_item(FULL))), len(repr(shard_item(ROW)))) < 2000
