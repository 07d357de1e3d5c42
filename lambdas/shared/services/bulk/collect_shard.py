"""Collects what a job has answered: stores summaries, writes outcomes, and puts what is open into parts again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any

from lambdas.shared.domain.bulk import joining, shard_decisions
from lambdas.shared.domain.bulk.answered_requests import answered_usage
from lambdas.shared.domain.bulk.document_steps import JobLedger, JobSettlement
from lambdas.shared.domain.bulk.joining import Joined, Price
from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.output_row import OutputRow, output_row
from lambdas.shared.domain.bulk.part import Part, part_limits
from lambdas.shared.domain.bulk.record_result import Check
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore, RowChangedError
from lambdas.shared.domain.bulk.shard_job import Act, ShardPhase, ShardProgress, ShardRef, ShardRow, wait_seconds
from lambdas.shared.domain.bulk.shard_stores import ShardStore
from lambdas.shared.domain.bulk.spending import Spent, assessed
from lambdas.shared.services.bulk.overlapped import overlapped
from lambdas.shared.services.bulk.part_writer import PartWriter
from lambdas.shared.services.bulk.round_plans import RoundPlans
from lambdas.shared.services.bulk.settle_documents import Asked, SettleDocuments, StillOpen, asked_records, documents_of
from lambdas.shared.services.bulk.step_books import StepBooks


class _TimeIsUpError(Exception):
    """The rest is left to the next step."""


class CollectShard:
    """Files first, then the ledger, then the row: only the collector that saves the row has collected.

    `check` and `price` are asked for each answer; `workers` documents are settled at the same time. When the time is up
    before all are settled, nothing is committed: the next step finds what is stored and gets further.
    """

    def __init__(
        self,
        *,
        runs: BulkRunStore,
        shards: ShardStore,
        files: RunFiles,
        settle: SettleDocuments,
        ledger: JobLedger,
        check: Check,
        price: Price,
        new_id: Callable[[], str],
        time_is_up: Callable[[], bool] = lambda: False,
        workers: int = 1,
    ) -> None:
        self._runs = runs
        self._shards = shards
        self._files = files
        self._settle = settle
        self._ledger = ledger
        self._check = check
        self._price = price
        self._new_id = new_id
        self._time_is_up = time_is_up
        self._workers = workers

    def step(self, ref: ShardRef) -> ShardProgress:
        """Collect the shard if it waits for that. May be called at any time, by anybody."""
        run, row = self._runs.get(ref.run_id), self._shards.get(ref)
        if row.phase is not ShardPhase.COLLECTING:
            return ShardProgress(Act.DONE if row.over else Act.WAIT, 0 if row.over else wait_seconds(row.waits))
        plan = RoundPlans(self._files, self._shards, run).plan(ref.round)
        if plan is None:
            raise ValueError(f"{ref.run_id} has no plan {ref.round}")
        parts = plan.shards[ref.shard].parts
        joined = joining.join(
            self._output(run, row), asked_records(self._files, parts), check=self._check, price=self._price
        )
        try:
            if shard_decisions.output_is_late(row, joined.counts.answers):
                row = self._shards.save(row._replace(waits=row.waits + 1))
                return ShardProgress(Act.WAIT, wait_seconds(row.waits))
            key = self._write(run, row, parts, joined)
            self._shards.save(row._replace(phase=ShardPhase.SETTLED, settlement=key))
        except (RowChangedError, _TimeIsUpError):
            return ShardProgress(Act.WAIT, wait_seconds(1))
        return ShardProgress(Act.DONE)

    def _output(self, run: BulkRun, row: ShardRow) -> Iterable[OutputRow]:
        if not row.job_id:
            return ()
        folder = row.job_id.rsplit("/", 1)[-1]
        prefix = RunLayout(run.run_id).output_prefix(row.ref.round, row.ref.shard)
        return map(output_row, self._files.output_rows(f"{prefix}{folder}/"))

    def _write(self, run: BulkRun, row: ShardRow, parts: tuple[Part, ...], joined: Joined) -> str:
        layout, ref, nonce = RunLayout(run.run_id), row.ref, self._new_id()
        origin = f"r{ref.round:03d}s{ref.shard:05d}"
        books, outcome_key = StepBooks(), layout.outcome_file(origin, nonce)
        writer = PartWriter(
            self._files, part_limits(run.quotas), lambda index: layout.part(ref.round + 1, origin, nonce, index)
        )
        with writer, self._files.open(outcome_key) as outcomes:
            asked = (each for part in parts for each in documents_of(self._files, part))
            settle = partial(self._settled, run, joined)
            for each, settled in overlapped(settle, asked, workers=self._workers):
                books.add_usage(answered_usage(each.rows, joined.results))
                if isinstance(settled, Outcome):
                    books.add_spent(settled.spent, before=each.work.spent)
                    books.account.add(settled)
                    outcomes.write(settled.as_row())
                else:
                    writer.add(settled.work, settled.rows)
        cost = _settlement(row, joined)
        key = layout.settlement(ref.round, ref.shard, nonce)
        self._files.create(key, _commit(books, outcome_key, writer.parts, joined, cost))
        self._ledger.record_job(run, cost)
        return key

    def _settled(self, run: BulkRun, joined: Joined, asked: Asked) -> tuple[Asked, Outcome | StillOpen]:
        if self._time_is_up():
            raise _TimeIsUpError
        return asked, self._settle.settle(run, asked, joined.results)


def _settlement(row: ShardRow, joined: Joined) -> JobSettlement:
    return JobSettlement(
        job_name=row.name,
        job_id=row.job_id,
        answers=joined.counts.answers,
        uncertain=max(0, (row.succeeded or 0) - joined.counts.answers),
        input_tokens=joined.usage.input_tokens,
        output_tokens=joined.usage.output_tokens,
        cost_usd=joined.cost_usd,
    )


def _commit(
    books: StepBooks, outcomes: str, parts: Iterable[Part], joined: Joined, cost: JobSettlement
) -> dict[str, Any]:
    """The job's whole price is the run's, also that of answers which belong to no document."""
    books.spent = Spent(cost.cost_usd).plus(assessed(books.spent.guardrail_usd))
    return {
        **cost._asdict(),
        **books.as_json(),
        "rows": asdict(joined.counts),
        "parts": [part.as_json() for part in parts],
        "outcomes": outcomes,
    }
