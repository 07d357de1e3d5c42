"""Bulk runs as tests start and follow them: rows and executions of a running stack."""

from __future__ import annotations

import csv
import io
import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from lambdas.shared.adapters.dynamodb_shard_store import DynamoDbShardStore
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE
from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.domain.bulk.run_decisions import ResumeAsked, after
from lambdas.shared.domain.bulk.shard_job import ShardRow
from tests.e2e.conftest import RunningStack

TENANT = "local"
MODEL = "us.amazon.nova-lite-v1:0"
QUOTAS = CONSERVATIVE._replace(records_per_job=25, records_per_file=25, minimum_records=10, jobs=2)
STUCK_SECONDS = 90
TEXT = "The harbour was rebuilt in {n}. Its walls are made of granite. Every ship pays a toll of {n} coins."


@dataclass
class Archive:
    """A folder of documents in the documents bucket."""

    stack: RunningStack
    name: str

    @property
    def prefix(self) -> str:
        return f"bulk/{TENANT}/{self.name}/"

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def bucket(self) -> str:
        return self.stack.outputs["DocumentsBucketName"]

    def put(self, name: str, body: bytes) -> str:
        """Answers the document's id."""
        key = self.prefix + name
        self.stack.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return Entry(self.bucket, key).document_id

    def fill(self, count: int, *, start: int = 0) -> list[str]:
        numbers = range(start, start + count)
        return [self.put(f"{n:04}.txt", f"{self.name}. {TEXT.format(n=1000 + n)}".encode()) for n in numbers]


class Run:
    """One bulk run, started as the API starts it."""

    def __init__(self, stack: RunningStack, run_id: str, source: str, **fields: Any) -> None:
        self.stack = stack
        self.run_id = run_id
        table = stack.outputs["BulkTableName"]
        self._runs = DynamoDbBulkRunStore(stack.client("dynamodb"), table=table)
        self._shards = DynamoDbShardStore(stack.client("dynamodb"), table=table)
        run = BulkRun(run_id, TENANT, source, MODEL, QUOTAS, sweep_limit=1000)._replace(**fields)
        assert self._runs.create(run)
        self._attempts = 0
        self.execution = ""
        self.start()

    def start(self) -> None:
        self._attempts += 1
        started = self.stack.client("stepfunctions").start_execution(
            stateMachineArn=self.stack.outputs["BulkStateMachineArn"],
            name=f"{self.run_id}-{self._attempts}",
            input=json.dumps({"run_id": self.run_id}),
        )
        self.execution = started["executionArn"]

    def row(self) -> BulkRun:
        return self._runs.get(self.run_id)

    def shards(self) -> list[ShardRow]:
        return list(self._shards.of_run(self.run_id))

    def resume(self, **changes: Any) -> None:
        self._runs.save(after(self.row(), ResumeAsked(**changes)))
        self.start()

    def execution_status(self) -> str:
        status: str = self.stack.client("stepfunctions").describe_execution(executionArn=self.execution)["status"]
        return status

    def ended(self) -> BulkRun:
        """The run once its execution has ended; fails when nothing moves."""
        last, since = None, time.monotonic()
        while (status := self.execution_status()) == "RUNNING":
            seen = (self.row(), Counter(row.phase for row in self.shards()), sum(row.version for row in self.shards()))
            if seen != last:
                last, since = seen, time.monotonic()
            assert time.monotonic() - since < STUCK_SECONDS, f"stuck: {seen}"
            time.sleep(0.5)
        row = self.row()
        assert status == "SUCCEEDED" or row.state is RunState.STOPPED, (status, row)
        return row

    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self._result("report.json"))
        return report

    def outcomes(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._result("outcomes.jsonl").splitlines()]

    def table(self) -> list[dict[str, str]]:
        text = self._result("summaries.csv").decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def _result(self, name: str) -> bytes:
        bucket = self.stack.outputs["ResultsBucketName"]
        body: bytes = (
            self.stack.client("s3").get_object(Bucket=bucket, Key=f"results/{self.run_id}/{name}")["Body"].read()
        )
        return body


def check_exactly_once(run: Run, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Every id has one outcome, and no other id has one; answers the outcomes by id."""
    outcomes = run.outcomes()
    assert Counter(outcome["id"] for outcome in outcomes) == Counter(ids)
    report = run.report()
    assert report["accounted"] is True
    kinds = Counter(outcome["outcome"] for outcome in outcomes)
    assert report["counts"] == {
        "total": len(ids), "succeeded": kinds["succeeded"], "skipped": kinds["skipped"], "failed": kinds["failed"],
    }  # fmt: skip
    table = {row["document_id"]: row for row in run.table()}
    assert len(table) == len(ids)
    assert all(bool(table[each["id"]]["title"]) == (each["outcome"] != "failed") for each in outcomes)
    assert all(table[each["id"]]["error"] == each.get("error", "") for each in outcomes)
    return {outcome["id"]: outcome for outcome in outcomes}
