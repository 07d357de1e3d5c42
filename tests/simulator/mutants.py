"""Bulk runs with one mistake each, of kinds that were seen in other people's orchestrators: the simulator must see
what is wrong with each of them, or its silence means nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from lambdas.shared.domain.bulk import batch_jobs, joining, shard_decisions, shard_job
from lambdas.shared.domain.bulk.batch_jobs import JobStatus
from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.outcome import Account
from lambdas.shared.domain.bulk.output_row import MISSING
from lambdas.shared.domain.bulk.record_result import RecordResult
from lambdas.shared.domain.bulk.shard_decisions import NoAnswer, SlotTaken, Submitted
from lambdas.shared.domain.bulk.shard_job import Act, ShardPhase, ShardRow
from lambdas.shared.services.bulk import advance_shard, collect_shard, part_writer, round_plans
from lambdas.shared.services.bulk.step_books import StepBooks
from tests.simulator import witness, world
from tests.simulator.world import History, live

Patch = pytest.MonkeyPatch


# A stop while nobody knows whether a submit has arrived: too rare a meeting to be left to luck.
STOPPED_IN_DOUBT = {
    "submit_answer_lost": 0.9,
    "list_lags": 1.0,
    "doubled_step": 0.9,
    "lost_result": 0.5,
    "operator_stops": 1.0,
    "event": 0.3,
}


class Mutant(NamedTuple):
    """`rule` is the invariant that it breaks; `rates` are those of its histories' faults, None = drawn by each seed."""

    name: str
    rule: str
    apply: Callable[[Patch], None]
    rates: dict[str, float] | None = None

    def live(self, seed: int) -> History:
        """A history in which it can show itself."""
        return live(seed) if self.rates is None else live(seed, rates=self.rates, documents=12)


def _drop_error_rows(patch: Patch) -> None:
    patch.setattr(part_writer.PartWriter, "add", lambda self, work, requests: None)


def _take_missing_for_done(patch: Patch) -> None:
    join = joining.join

    def mutant(*args, **kwargs):
        joined = join(*args, **kwargs)
        done = {
            id_: RecordResult("summary of doc_somebody", None) if result.error == MISSING else result
            for id_, result in joined.results.items()
        }
        joined.results = done
        return joined

    patch.setattr(joining, "join", mutant)


def _resend_whole_documents(patch: Patch) -> None:
    settled = DocumentWork.settled

    def mutant(self, results):
        work = settled(self, results)
        return work._replace(open=self.open, answers=self.answers) if work.open else work

    patch.setattr(DocumentWork, "settled", mutant)
    patch.setattr("lambdas.shared.services.bulk.settle_documents._is_open", lambda row, results: True)


def _new_attempt_when_unsure(patch: Patch) -> None:
    after = shard_decisions.after

    def mutant(row: ShardRow, event, *, stop: bool):
        if row.phase is ShardPhase.SUBMITTING and isinstance(event, NoAnswer):
            return shard_decisions._next_attempt(row), Act.TAKE_SLOT
        return after(row, event, stop=stop)

    patch.setattr(shard_decisions, "after", mutant)


def _token_without_attempt(patch: Patch) -> None:
    name = shard_job.job_name
    patch.setattr(shard_job, "job_name", lambda ref, attempt: name(ref, 1))


def _row_after_submit(patch: Patch) -> None:
    after = shard_decisions.after

    def mutant(row: ShardRow, event, *, stop: bool):
        if isinstance(event, SlotTaken):
            return row, Act.SUBMIT
        if row.phase is ShardPhase.READY and isinstance(event, Submitted):
            row = row._replace(phase=ShardPhase.SUBMITTING)
        return after(row, event, stop=stop)

    patch.setattr(shard_decisions, "after", mutant)


def _forget_paid_answers_without_rows(patch: Patch) -> None:
    settlement = collect_shard._settlement
    patch.setattr(collect_shard, "_settlement", lambda row, joined: settlement(row, joined)._replace(uncertain=0))


def _throw_half_failed_jobs_away(patch: Patch) -> None:
    def mutant(row: ShardRow, *, stop: bool) -> bool:
        return row.job_status is JobStatus.FAILED and not stop and row.attempt < shard_decisions.MOST_ATTEMPTS

    patch.setattr(shard_decisions, "_deserves_another", mutant)


def _leave_a_doubted_job_alone(patch: Patch) -> None:
    found = shard_decisions._found

    def mutant(row: ShardRow, job):
        row, act = found(row, job)
        return row._replace(doubted=False), act

    patch.setattr(shard_decisions, "_found", mutant)


def _forget_unsent_shards(patch: Patch) -> None:
    plan = round_plans.RoundPlans.plan

    def mutant(self, round_):
        made = plan(self, round_)
        if made is None or round_ >= self._run.round:
            return made
        sent = tuple(
            shard if self.row(round_, index).phase is ShardPhase.SETTLED else shard._replace(files=())
            for index, shard in enumerate(made.shards)
        )
        return made._replace(shards=sent)

    patch.setattr(round_plans.RoundPlans, "plan", mutant)


def _share_file_names(patch: Patch) -> None:
    patch.setattr(world.World, "_new_id", lambda self: "0")


def _forget_failures(patch: Patch) -> None:
    add = Account.add

    def mutant(self, outcome):
        before = self.failed
        add(self, outcome)
        self.failed = before

    patch.setattr(Account, "add", mutant)


def _bill_earlier_answers_again(patch: Patch) -> None:
    add_spent = StepBooks.add_spent

    def mutant(self, now, *, before=None):
        add_spent(self, now)

    patch.setattr(StepBooks, "add_spent", mutant)


def _slots_of_one_run(patch: Patch) -> None:
    patch.setattr(advance_shard.AdvanceShard, "_scope", lambda self, run: run.run_id)


def _wait_for_expired_jobs(patch: Patch) -> None:
    patch.setattr(batch_jobs, "_ALIVE", batch_jobs._ALIVE | {JobStatus.EXPIRED, JobStatus.STOPPED})


MUTANTS = (
    Mutant("error rows are dropped", witness.EXACTLY_ONCE, _drop_error_rows),
    Mutant("missing rows are taken for done", witness.EXACTLY_ONCE, _take_missing_for_done),
    Mutant("whole documents are sent again", witness.ONE_JOB, _resend_whole_documents),
    Mutant("an unsure submit makes a new attempt", witness.ONE_JOB, _new_attempt_when_unsure),
    Mutant("attempts share their token", witness.ONE_JOB, _token_without_attempt),
    Mutant("the row is saved after the submit", witness.LEDGER, _row_after_submit),
    Mutant("paid answers without rows are forgotten", witness.LEDGER, _forget_paid_answers_without_rows),
    Mutant("half-failed jobs are thrown away", witness.LEDGER, _throw_half_failed_jobs_away),
    Mutant("a stop leaves a doubted job alone", witness.LEDGER, _leave_a_doubted_job_alone, STOPPED_IN_DOUBT),
    Mutant("a stopped run forgets what it has not sent", witness.EXACTLY_ONCE, _forget_unsent_shards),
    Mutant("workers write over each other's files", witness.EXACTLY_ONCE, _share_file_names),
    Mutant("failures are not counted", witness.COUNTS, _forget_failures),
    Mutant("a sweep bills what jobs have cost again", witness.MONEY, _bill_earlier_answers_again),
    Mutant("each run has slots of its own", witness.SLOTS, _slots_of_one_run),
    Mutant("expired jobs are waited for", witness.STUCK, _wait_for_expired_jobs),
)
