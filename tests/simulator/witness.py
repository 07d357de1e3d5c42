"""Watches a history from outside: what is paid, what is committed, and the rules that must hold at every moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.run import RunState
from lambdas.shared.domain.bulk.shard_job import ShardPhase, ShardRow
from lambdas.shared.domain.bulk.spending import spent_from
from lambdas.shared.domain.errors import InvalidAnswerError
from tests.fakes.bulk import InMemoryJobLedger, InMemoryRunFiles, InMemoryShardStore
from tests.simulator.archive import KEPT_USD, RECORD_USD, Archive, check
from tests.simulator.batch_service import Job


class BrokenInvariantError(AssertionError):
    """`rule` says which."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(f"{rule}: {what}")
        self.rule = rule


EXACTLY_ONCE = "each input id ends exactly once"
ONE_JOB = "no shard attempt is submitted twice"
LEDGER = "every paid call is in the ledger"
COUNTS = "count in = count out"
MONEY = "nothing is paid for once and counted twice"
SLOTS = "never more jobs in flight than the quota"
STUCK = "every run comes to its end"


@dataclass
class InvariantWitness:
    """Only what can be seen from outside; it asks none of the code under test for its opinion."""

    files: InMemoryRunFiles
    shards: Callable[[], InMemoryShardStore]
    ledger: InMemoryJobLedger
    limit: int
    jobs: list[Job] = field(default_factory=list)
    billed: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    answered: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)

    def job_created(self, job: Job, records: list[str]) -> None:
        name = job.request.name
        self.names[name] += 1
        if self.names[name] > 1:
            raise BrokenInvariantError(ONE_JOB, f"two jobs named {name}")
        row = next((row for row in self.shards().rows.values() if row.name == name), None)
        if row is None or row.phase is not ShardPhase.SUBMITTING:
            raise BrokenInvariantError(LEDGER, f"{name} was created and no row says so")
        alive = [other for other in self.jobs if not other.status.ended]
        if any(other.request.input_prefix == job.request.input_prefix for other in alive):
            raise BrokenInvariantError(ONE_JOB, f"two jobs for {job.request.input_prefix}")
        if len(alive) + 1 > self.limit:
            raise BrokenInvariantError(SLOTS, f"{len(alive) + 1} jobs, {self.limit} allowed")
        if len(set(records)) != len(records):
            raise BrokenInvariantError(ONE_JOB, "a record stands twice in one job")
        again = self.answered.intersection(f"{job.request.input_prefix.split('/')[1]} {id_}" for id_ in records)
        if again:
            raise BrokenInvariantError(ONE_JOB, f"{sorted(again)[0]} is stored and was sent again")
        self.jobs.append(job)

    def job_asked_again(self, job: Job) -> None:
        """A known token makes no job, and tells no error: whoever reuses it for another attempt gets a dead job. Only
        who never heard of the job may ask again."""
        if job.status.ended and job.job_id in self.known:
            raise BrokenInvariantError(ONE_JOB, f"{job.request.name} was submitted again after it had ended")

    def job_billed(self, job: Job, answers: int) -> None:
        self.billed[job.request.name] += answers

    def row_saved(self, row: ShardRow) -> None:
        """Once a job is collected, every answer that could be used is stored, and is never paid for again."""
        self.known.add(row.job_id)
        if row.phase is not ShardPhase.SETTLED:
            return
        prefix = RunLayout(row.ref.run_id).output_prefix(row.ref.round, row.ref.shard)
        for key, lines in self.files.files.items():
            if key.startswith(prefix):
                usable = (line["recordId"] for line in lines if _is_usable(line))
                self.answered |= {f"{row.ref.run_id} {record_id}" for record_id in usable}

    # ---- when all is over

    def check_end(self, run_id: str, archive: Archive, state: RunState) -> None:
        layout = RunLayout(run_id)
        lines = self.files.files.get(layout.outcomes, [])
        ended = Counter(line["id"] for line in lines)
        expected = Counter(Entry("archive", document.key).document_id for document in archive.documents)
        if ended != expected:
            lost, extra = expected - ended, ended - expected
            raise BrokenInvariantError(EXACTLY_ONCE, f"{run_id}: {len(lost)} lost, {len(extra)} too many, {state}")
        if len(self.files.tables[layout.table]) != 1 + len(lines):
            raise BrokenInvariantError(COUNTS, f"{run_id}: the table has other rows than the outcomes")
        for line in lines:
            if line["outcome"] == "succeeded":
                _check_summary(line["id"], archive.kept.get(line["result_key"], ""), archive)
        self._check_report(self.files.files[layout.report][0], lines, state)

    def check_ledger(self, archive: Archive) -> None:
        for name, answers in self.billed.items():
            entry = self.ledger.jobs.get(name)
            counted = 0 if entry is None else entry.answers + entry.uncertain
            job = next(job for job in self.jobs if job.request.name == name)
            if job.succeeded is not None and counted < answers:
                raise BrokenInvariantError(LEDGER, f"{name} billed {answers} answers, the ledger has {counted}")
            if answers and entry is None:
                raise BrokenInvariantError(LEDGER, f"{name} billed {answers} answers, the ledger does not know it")
        self._check_money(archive)
        unknown = [call for call in archive.paid_calls if call not in archive.asked]
        if unknown:
            raise BrokenInvariantError(LEDGER, f"{len(unknown)} on-demand calls are in no ledger")

    def _check_money(self, archive: Archive) -> None:
        """An answer may be paid for and lost with its worker; then the ledger knows more than the reports."""
        reports = [self.files.files[key][0] for key in self.files.files if key.endswith("/report.json")]
        spent = [spent_from(report) for report in reports]
        tokens = sum(each.token_usd or Decimal(0) for each in spent)
        jobs = sum(job.cost_usd or Decimal(0) for job in self.ledger.jobs.values())
        paid = jobs + 2 * RECORD_USD * len(archive.paid_calls)
        if tokens > paid:
            raise BrokenInvariantError(MONEY, f"the ledger has {paid} for answers, reports say {tokens}")
        kept = sum(report["counts"]["succeeded"] for report in reports) * KEPT_USD
        if sum(each.guardrail_usd or Decimal(0) for each in spent) != kept:
            raise BrokenInvariantError(MONEY, f"{kept} was paid for assessments, reports say otherwise: {spent}")

    def _check_report(self, report: dict[str, Any], lines: list[dict[str, Any]], state: RunState) -> None:
        counts, kinds = report["counts"], Counter(line["outcome"] for line in lines)
        out = {kind: counts[kind] for kind in ("succeeded", "skipped", "failed")}
        if counts["total"] != sum(out.values()) or any(kinds[kind] != number for kind, number in out.items()):
            raise BrokenInvariantError(COUNTS, f"{counts} for {dict(kinds)}")
        if state is not RunState.SUCCEEDED:
            raise BrokenInvariantError(COUNTS, f"all is accounted for, and the run is {state}")


def _check_summary(id_: str, summary: str, archive: Archive) -> None:
    """It is made of the document's own sections, each in its place."""
    places = [summary.find(f"text of {id_}_0_{index:05}") for index in range(archive.by_id[id_].sections)]
    if -1 in places or places != sorted(places):
        raise BrokenInvariantError(EXACTLY_ONCE, f"{id_} succeeded and has no summary of its own")


def _is_usable(line: Any) -> bool:
    try:
        output = line["modelOutput"]
        check(output["output"]["message"]["content"][0]["text"], output["stopReason"])
    except (KeyError, TypeError, InvalidAnswerError):
        return False
    return not line["recordId"].endswith("_of_somebody")
