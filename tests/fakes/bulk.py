"""A bulk run's ports in memory. `touch` is called around every effect: there a simulated worker may die."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from lambdas.shared.domain.bulk.document_steps import JobSettlement
from lambdas.shared.domain.bulk.listing import Entry, Page
from lambdas.shared.domain.bulk.quotas import KnownQuotas, known_quotas
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_stores import RowChangedError
from lambdas.shared.domain.bulk.run_workflow import Standing
from lambdas.shared.domain.bulk.shard_job import ShardRef, ShardRow
from lambdas.shared.domain.errors import NotFoundError
from lambdas.shared.domain.object_store import ObjectMissingError

Touch = Callable[[str], None]


def untouched(_: str) -> None:
    """Nothing goes wrong."""


class _ListWriter:
    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def write(self, row: Mapping[str, Any]) -> int:
        self._rows.append(dict(row))
        model_input = row.get("modelInput")
        return 100 if model_input is None else int(model_input.get("size", 100))


class _TableWriter:
    def __init__(self, rows: list[list[str]]) -> None:
        self._rows = rows

    def write(self, cells: Sequence[str]) -> None:
        self._rows.append(list(cells))


class InMemoryRunFiles:
    """Rows stay Python objects; `modelInput.size` stands for a row's bytes."""

    def __init__(self, touch: Touch = untouched) -> None:
        self.files: dict[str, list[Any]] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self.commits: dict[str, dict[str, Any]] = {}
        self._touch = touch

    def rows(self, key: str) -> Iterator[dict[str, Any]]:
        self._touch("files.rows")
        if key not in self.files:
            raise ObjectMissingError(key)
        return (copy.copy(row) for row in self.files[key])

    def output_rows(self, prefix: str) -> Iterator[dict[str, Any] | None]:
        self._touch("files.output")
        for key, rows in list(self.files.items()):
            if key.endswith(".jsonl.out") and key.startswith(prefix):
                yield from rows

    @contextmanager
    def open(self, key: str) -> Iterator[_ListWriter]:
        rows: list[dict[str, Any]] = []
        yield _ListWriter(rows)
        self._touch("files.write:before")
        self.files[key] = rows
        self._touch("files.write:after")

    def concatenate(self, sources: Sequence[str], target: str) -> None:
        self._touch("files.concatenate:before")
        self.files[target] = [row for source in sources for row in self.files[source]]
        self._touch("files.concatenate:after")

    @contextmanager
    def open_table(self, key: str) -> Iterator[_TableWriter]:
        rows: list[list[str]] = []
        yield _TableWriter(rows)
        self._touch("files.table:before")
        self.tables[key] = rows
        self._touch("files.table:after")

    def read(self, key: str) -> dict[str, Any] | None:
        commit = self.commits.get(key)
        return None if commit is None else copy.copy(commit)

    def create(self, key: str, value: Mapping[str, Any]) -> bool:
        self._touch("files.create:before")
        created = self.commits.setdefault(key, dict(value)) == value
        self._touch("files.create:after")
        return created


class InMemoryBulkRunStore:
    def __init__(self, touch: Touch = untouched) -> None:
        self.runs: dict[str, BulkRun] = {}
        self._touch = touch

    def create(self, run: BulkRun) -> bool:
        if run.run_id in self.runs:
            return False
        self.runs[run.run_id] = run
        return True

    def get(self, run_id: str) -> BulkRun:
        if run_id not in self.runs:
            raise NotFoundError(run_id)
        return self.runs[run_id]

    def save(self, run: BulkRun) -> BulkRun:
        self._touch("runs.save:before")
        if self.runs[run.run_id].version != run.version:
            raise RowChangedError(run.run_id)
        self.runs[run.run_id] = saved = run._replace(version=run.version + 1)
        self._touch("runs.save:after")
        return saved

    def active(self, tenant: str) -> Iterator[BulkRun]:
        return (run for run in self.of_tenant(tenant) if not run.state.ended)

    def of_tenant(self, tenant: str) -> Iterator[BulkRun]:
        return (run for run in list(self.runs.values()) if run.tenant == tenant)


class InMemoryShardStore:
    def __init__(self, touch: Touch = untouched, saved: Callable[[ShardRow], None] = lambda row: None) -> None:
        self.rows: dict[ShardRef, ShardRow] = {}
        self._touch = touch
        self._saved = saved

    def get(self, ref: ShardRef) -> ShardRow:
        return self.rows.get(ref) or ShardRow(ref)

    def save(self, row: ShardRow) -> ShardRow:
        self._touch("shards.save:before")
        if self.get(row.ref).version != row.version:
            raise RowChangedError(row.name)
        self.rows[row.ref] = saved = row._replace(version=row.version + 1)
        self._saved(saved)
        self._touch("shards.save:after")
        return saved

    def of_run(self, run_id: str) -> Iterator[ShardRow]:
        return (row for row in list(self.rows.values()) if row.ref.run_id == run_id)


class InMemoryJobSlots:
    """Leases that outlive the longest job; `now` is the caller's clock, which may be wrong."""

    LEASE_SECONDS = 8 * 24 * 3600.0

    def __init__(self, touch: Touch = untouched, now: Callable[[], float] = lambda: 0.0) -> None:
        self.taken: dict[str, dict[str, float]] = {}
        self._touch = touch
        self._now = now

    def take(self, scope: str, owner: str, limit: int) -> bool:
        self._touch("slots.take:before")
        leases = self.taken.setdefault(scope, {})
        now = self._now()
        for other in [each for each, until in leases.items() if until < now]:
            del leases[other]
        if owner not in leases and len(leases) >= limit:
            return False
        leases[owner] = now + self.LEASE_SECONDS
        self._touch("slots.take:after")
        return True

    def release(self, scope: str, owner: str) -> None:
        self._touch("slots.release:before")
        self.taken.get(scope, {}).pop(owner, None)
        self._touch("slots.release:after")


class InMemoryJobLedger:
    def __init__(self, touch: Touch = untouched) -> None:
        self.jobs: dict[str, JobSettlement] = {}
        self._touch = touch

    def record_job(self, run: BulkRun, settlement: JobSettlement) -> None:
        self._touch("ledger.job:before")
        self.jobs.setdefault(settlement.job_name, settlement)
        self._touch("ledger.job:after")


class InMemoryBulkWorkflow:
    """Executions by name; `end` is what a test does to one. `before` may raise."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.standings: dict[str, Standing] = {}
        self.before = before

    def start(self, run: BulkRun) -> None:
        self.before()
        self.standings.setdefault(run.execution, "running")

    def standing(self, run: BulkRun) -> Standing:
        return self.standings.get(run.execution, "absent")

    def end(self, execution: str) -> None:
        self.standings[execution] = "ended"


class ListedSource:
    """A source of pages that a test has written; `refusal` is raised instead."""

    def __init__(self, *pages: Sequence[Entry], rejected: Sequence[str] = (), refusal: Exception | None = None) -> None:
        self.pages = list(pages) or [()]
        self.calls = 0
        self._rejected = rejected
        self._refusal = refusal

    def page(self, run: BulkRun, token: str | None) -> Page:
        if self._refusal is not None:
            raise self._refusal
        self.calls += 1
        number = int(token or 0)
        last = number + 1 == len(self.pages)
        return Page(self.pages[number], None if last else str(number + 1), self._rejected if last else ())


class StaticQuotas:
    """`read` holds what an account's models have by model id, for all profiles of it; settings go before."""

    def __init__(self, read: Mapping[str, Mapping[str, int]] | None = None, **settings: int) -> None:
        self._read = read or {}
        self._settings = settings

    def batch_quotas(self, model_id: str) -> KnownQuotas:
        found = next((values for id_, values in self._read.items() if model_id.endswith(id_)), {})
        return known_quotas(settings=self._settings, read=found)


class InMemorySamples:
    """Documents by key; what is missing is gone. `refusal` is raised instead."""

    def __init__(self, contents: Mapping[str, bytes], *, refusal: Exception | None = None) -> None:
        self.contents = contents
        self.reads: list[str] = []
        self._refusal = refusal

    def content(self, entry: Entry) -> bytes:
        if self._refusal is not None:
            raise self._refusal
        self.reads.append(entry.key)
        if entry.key not in self.contents:
            raise ObjectMissingError(entry.key)
        return self.contents[entry.key]
