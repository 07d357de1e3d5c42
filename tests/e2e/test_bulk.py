"""Bulk runs through the real state machine and local batch inference, while everything breaks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from lambdas.shared.domain.bulk.run import RunState
from lambdas.shared.domain.bulk.shard_job import job_name
from tests.e2e.api import call
from tests.e2e.breaking import Faults
from tests.e2e.bulk_runs import MODEL, QUOTAS, TEXT, Archive, Run, check_exactly_once
from tests.e2e.conftest import RunningStack
from tests.e2e.test_load import killing

LIMITS = {"minimum_records": QUOTAS.minimum_records, "records_per_job": QUOTAS.records_per_job}


@pytest.fixture
def stack(breaking_stack: RunningStack) -> Iterator[RunningStack]:
    control = Faults(breaking_stack)
    control.clear()
    post(breaking_stack, "/_quarry/quotas", {**LIMITS, "concurrent_jobs": QUOTAS.jobs})
    yield breaking_stack
    control.clear()
    post(breaking_stack, "/_quarry/batch-strangers", {"modelId": MODEL, "count": 0})
    call(breaking_stack.aws_url, "DELETE", "/_quarry/quotas")


def post(stack: RunningStack, path: str, body: dict[str, Any]) -> None:
    answer = call(stack.aws_url, "POST", path, body)
    assert answer.status < 300, answer.text


def jobs_of(run: Run) -> Counter[str]:
    """Names of all jobs that the account has of this run's attempts; strangers' are left out."""
    rows = run.shards()
    names = {job_name(row.ref, attempt) for row in rows for attempt in range(1, row.attempt + 1)}
    pages = run.stack.client("bedrock").get_paginator("list_model_invocation_jobs").paginate()
    found = Counter(job["jobName"] for page in pages for job in page["invocationJobSummaries"])
    return Counter({name: count for name, count in found.items() if name in names})


def ledger_events(stack: RunningStack, run_id: str) -> list[dict[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs["LedgerTableName"])
    items = [item for page in pages for item in page["Items"] if item["subject"].get("S") == run_id]
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in items]


def check_money(run: Run, *, exact: bool = False) -> None:
    """Each collected job has one event, and the report's cost is what the ledger has; where workers die, the ledger may
    know of more: an answer or an assessment that was paid for and is lost."""
    events = ledger_events(run.stack, run.run_id)
    batch = Counter(event["sk"].split("#")[1] for event in events if event["operation"] == "bulk.batch")
    collected = {row.name for row in run.shards() if row.settlement and row.job_id}
    assert {name for name in batch if not name.endswith("-uncertain")} == collected
    assert set(batch.values()) <= {1}
    for name in ("cost_usd", "guardrail_usd"):
        told, paid = Decimal(run.report()[name]), sum(Decimal(event.get(name, "0")) for event in events)
        assert told == paid if exact else told <= paid, name


@pytest.mark.timeout(150)
def test_every_document_ends_once_whatever_happens_to_jobs_and_their_rows(stack: RunningStack) -> None:
    archive, faults = Archive(stack, "broken"), Faults(stack)
    ids = archive.fill(58)
    unreadable = archive.put("picture.txt", b"\0\1\2" * 40)
    long = archive.put("long.txt", "".join(f"# Day {n}\n\n" + TEXT.format(n=n) * 150 for n in range(40)).encode())
    stack.client("s3").put_object(Bucket=archive.bucket, Key=archive.prefix)
    faults.add("job_failed", count=1, params={"when": "validating"})
    faults.add("job_expired", skip=1, count=1)
    faults.add("error_rows", params={"percent": 10, "code": 500})
    faults.add("missing_rows", params={"percent": 5})
    faults.add("doubled_rows", params={"percent": 10})
    lost = {"when": "after"}
    faults.add("server_error", service="bedrock", operation="CreateModelInvocationJob", skip=2, count=1, params=lost)
    faults.add("throttle", service="bedrock", operation="*ModelInvocationJob*", rate=0.2, seed=5)
    post(stack, "/_quarry/batch-strangers", {"modelId": MODEL, "count": 1})
    run = Run(stack, "broken-run", archive.uri)
    assert run.ended().state is RunState.SUCCEEDED
    outcomes = check_exactly_once(run, [*ids, unreadable, long])
    failed = {id_: outcome["error"] for id_, outcome in outcomes.items() if outcome["outcome"] == "failed"}
    assert failed == {unreadable: "not_text"}
    assert run.report()["passed_over"] == {"folder_markers": 1, "duplicates": 0}
    assert all(hits > 0 for hits in faults.hits()), faults.hits()
    assert set(jobs_of(run).values()) == {1}
    assert Counter(row.status for row in run.shards())["Expired"] == 1
    assert any(row.attempt == 2 for row in run.shards()), "the failed job was sent again, as another attempt"
    check_money(run, exact=True)
    result = json.loads(read_result(stack, outcomes[long]["result_key"]))
    assert result["sections"] > 1 and result["usage"] is None and result["cost_usd"] > 0


def read_result(stack: RunningStack, key: str) -> bytes:
    body: bytes = stack.client("s3").get_object(Bucket=stack.outputs["ResultsBucketName"], Key=key)["Body"].read()
    return body


@pytest.mark.timeout(100)
def test_what_is_summarized_is_not_paid_again(stack: RunningStack) -> None:
    archive = Archive(stack, "twice")
    ids = archive.fill(12)
    first = Run(stack, "twice-1", archive.uri)
    assert first.ended().state is RunState.SUCCEEDED
    second = Run(stack, "twice-2", archive.uri)
    assert second.ended().state is RunState.SUCCEEDED
    outcomes = check_exactly_once(second, ids)
    assert {outcome["outcome"] for outcome in outcomes.values()} == {"skipped"}
    assert json.loads(read_result(stack, outcomes[ids[0]]["result_key"]))["title"]
    assert (second.report()["cost_usd"], ledger_events(stack, "twice-2"), second.shards()) == ("0", [], [])


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("source", "state", "reason"),
    [
        ("s3://{bucket}/bulk/local/nothing-here/", RunState.FAILED, "empty_source"),
        ("s3://no-such-bucket-of-anybody/bulk/", RunState.STOPPED, "no such bucket"),
        ("s3://{bucket}/bulk/local/missing.csv", RunState.STOPPED, "no such object"),
    ],
)
def test_a_source_that_cannot_be_used_stops_the_run_with_its_reason(
    stack: RunningStack, source: str, state: RunState, reason: str
) -> None:
    bucket = stack.outputs["DocumentsBucketName"]
    run = Run(stack, f"source-{reason.replace(' ', '-')}", source.format(bucket=bucket)).ended()
    assert run.state is state and reason in run.reason, run


@pytest.mark.timeout(200)
def test_ten_seeds_of_faults_come_to_their_end(stack: RunningStack) -> None:
    """Small runs beside each other, which share two slots; some are too small for a job, some are asked to go on
    with what they may not sweep."""
    faults = Faults(stack)
    for kind, rate in (("job_failed", 0.2), ("job_partial", 0.2), ("job_stopped", 0.1), ("job_expired", 0.1)):
        faults.add(kind, rate=rate, seed=len(kind))
    faults.add("error_rows", rate=0.5, seed=6, params={"percent": 20})
    faults.add("missing_rows", rate=0.5, seed=7, params={"percent": 20})
    faults.add("server_error", service="bedrock", operation="Create*", rate=0.2, seed=8, params={"when": "after"})
    faults.add("throttle", service="dynamodb", function="Bulk*", rate=0.02, seed=9)
    faults.add("crash", service="*", function="Bulk*", rate=0.01, seed=10)
    runs = {}
    for seed in range(10):
        chance = Random(seed)
        archive = Archive(stack, f"seed{seed}")
        ids = archive.fill(chance.choice((3, 12, 14, 20)))
        limit = chance.choice((0, 1000))
        runs[seed] = (Run(stack, f"seed-{seed}", archive.uri, sweep_limit=limit), ids)
    for run, ids in runs.values():
        if run.ended().state is RunState.STOPPED:
            run.resume(sweep_limit=1000)
            run.ended()
        assert run.row().state is RunState.SUCCEEDED, run.row()
        check_exactly_once(run, ids)
        assert set(jobs_of(run).values()) <= {1}
        check_money(run)


@pytest.mark.timeout(300)
def test_killing_functions_loses_none_of_300_documents(stack: RunningStack) -> None:
    post(stack, "/_quarry/quotas", {"records_per_job": 100, "records_per_file": 100})
    archive = Archive(stack, "killed")
    ids = archive.fill(300)
    quotas = QUOTAS._replace(records_per_job=100, records_per_file=100)
    with killing(stack, every_seconds=1.5, functions="Quarry-Bulk-") as killed:
        run = Run(stack, "killed-run", archive.uri, quotas=quotas)
        assert run.ended().state is RunState.SUCCEEDED
    outcomes = check_exactly_once(run, ids)
    assert {outcome["outcome"] for outcome in outcomes.values()} == {"succeeded"}
    assert killed() > 5
    assert set(jobs_of(run).values()) == {1}
    check_money(run)
