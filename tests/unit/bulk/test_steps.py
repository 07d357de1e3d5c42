"""Single steps of a run, one at a time, where the simulator's histories would not say which one was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.shared.domain.bulk.batch_jobs import (
    BatchOutcomeUnknownError,
    BatchQuotaFullError,
    BatchRefusedError,
    BatchThrottledError,
    JobStatus,
    JobView,
)
from lambdas.shared.domain.bulk.document_steps import AskedAnswer
from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.listing import Entry, Page
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase, RunState
from lambdas.shared.domain.bulk.run_decisions import Step, StopAsked, after
from lambdas.shared.domain.bulk.shard_job import Act, ShardPhase, ShardRef
from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.errors import BlockedByGuardrailError, ModelThrottledError, ModelUnavailableError
from tests.simulator.archive import SimulatedDocument
from tests.simulator.world import World
from tests.unit.bulk.steps import calm_world, plain

RUN = "run0"
LAYOUT = RunLayout(RUN)
REF = ShardRef(RUN, 0, 0)


def started(world: World, **fields: Any) -> World:
    run = BulkRun(RUN, "acme", "s3://archive/bulk/", "m", world.quotas, sweep_limit=1000)
    world.runs.create(run._replace(**fields))
    return world


def listed(world: World) -> World:
    page: int | None = 0
    while page is not None:
        page = world.list.step(RUN, page)
    return world


def prepared(world: World) -> World:
    for row in world.files.rows(LAYOUT.key_files):
        while not world.prepare.step(RUN, row["number"], row["key"]):
            pass
    assert world.advance.step(RUN) is Step.CUT
    return world


def in_round(*documents: SimulatedDocument) -> World:
    world = prepared(listed(started(calm_world(*documents))))
    world.cut.step(RUN)
    assert world.advance.step(RUN) is Step.RUN_SHARDS
    return world


def in_sweep(*documents: SimulatedDocument) -> World:
    world = prepared(listed(started(calm_world(*documents), rounds_left=0)))
    world.cut.step(RUN)
    assert world.advance.step(RUN) is Step.SWEEP
    return world


def outcomes(world: World) -> list[dict[str, Any]]:
    world.report.step(RUN)
    return world.files.files[LAYOUT.outcomes]


def sweep_all(world: World) -> None:
    plan = world.files.read(LAYOUT.plan(0))
    assert plan is not None
    for index in range(len(plan["rest"])):
        while not world.sweep.step(RUN, index):
            pass
    assert world.advance.step(RUN) is Step.REPORT


# ---- listing and preparing


class TwoPages:
    """A list that names one document on both of its pages."""

    def page(self, run: BulkRun, token: str | None) -> Page:
        keys = ("bulk/0000.txt", "bulk/0001.txt") if token is None else ("bulk/0001.txt", "bulk/0002.txt")
        return Page([Entry("archive", key) for key in keys], "second" if token is None else None)


def test_a_list_s_duplicates_are_found_across_pages_by_workers_that_share_no_memory() -> None:
    world = started(calm_world(*plain(3)), source="s3://archive/list.csv")
    world.list._pages = TwoPages()
    listed(world)
    run = world.runs.get(RUN)
    assert (run.phase, run.documents) == (RunPhase.PREPARING, 3)
    keys = [row["key"] for file in world.files.rows(LAYOUT.key_files) for row in world.files.rows(file["key"])]
    assert keys == ["bulk/0000.txt", "bulk/0001.txt", "bulk/0002.txt"]


def test_a_page_that_was_listed_is_not_listed_again() -> None:
    world = started(calm_world(*plain(20)))
    assert world.list.step(RUN, 0) == 1
    commit = world.files.read(LAYOUT.page_commit(0))
    assert world.list.step(RUN, 0) == 2, "the step goes on where the commits end"
    assert world.files.read(LAYOUT.page_commit(0)) == commit


def test_preparing_commits_how_far_it_came_and_goes_on_there() -> None:
    world = listed(started(calm_world(*plain(7))))
    (row,) = world.files.rows(LAYOUT.key_files)
    looks = iter([False, False, True, *[False] * 20])
    world.prepare._time_is_up = lambda: next(looks)
    assert not world.prepare.step(RUN, 0, row["key"])
    assert world.advance.step(RUN) is Step.PREPARE
    assert world.prepare.step(RUN, 0, row["key"])
    commits = [world.files.read(LAYOUT.prepare_commit(0, step)) for step in range(3)]
    assert [commit and (commit["offset"], commit["done"]) for commit in commits] == [(2, False), (7, True), None]
    assert sum(part[3] for commit in commits if commit for part in commit["parts"]) == 7
    assert world.prepare.step(RUN, 0, row["key"]), "done is done"


def test_what_cannot_be_read_or_was_summarized_before_costs_no_request() -> None:
    world = prepared(
        listed(
            started(
                calm_world(
                    SimulatedDocument("bulk/a.txt", "unreadable"),
                    SimulatedDocument("bulk/b.txt", "known"),
                    SimulatedDocument("bulk/c.txt", "plain"),
                )
            )
        )
    )
    commit = world.files.read(LAYOUT.prepare_commit(0, 0))
    assert commit is not None
    assert sum(part[1] for part in commit["parts"]) == 1
    assert [row["outcome"] for row in world.files.rows(commit["outcomes"])] == ["failed", "skipped"]


def test_a_stopped_run_prepares_nothing_more() -> None:
    world = listed(started(calm_world(*plain(7))))
    world.runs.save(after(world.runs.get(RUN), StopAsked()))
    assert world.prepare.step(RUN, 0, "any")
    assert world.files.read(LAYOUT.prepare_commit(0, 0)) is None
    assert world.advance.step(RUN) is Step.END
    assert world.runs.get(RUN).state is RunState.STOPPED


# ---- rounds


def test_the_first_plan_of_a_number_stands() -> None:
    world = in_round(*plain(20))
    plan = world.files.read(LAYOUT.plan(0))
    world.cut.step(RUN)
    assert world.files.read(LAYOUT.plan(0)) == plan
    assert world.runs.get(RUN).rounds_left == 2


def test_jobs_beyond_those_that_end_before_the_deadline_are_left_for_the_sweep() -> None:
    world = prepared(listed(started(calm_world(*plain(60)), most_jobs=1, rounds_left=1)))
    world.cut.step(RUN)
    plan = world.files.read(LAYOUT.plan(0))
    assert plan is not None
    assert len(plan["shards"]) == 1
    assert sum(part[1] for part in plan["rest"]) >= 60 - world.quotas.records_per_job


class OneJob:
    """A batch service that does as it is told."""

    def __init__(self, **raises: Exception) -> None:
        self.raises = raises
        self.status = JobStatus.IN_PROGRESS
        self.calls: list[str] = []
        self.succeeded: int | None = None

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.raises:
            raise self.raises[name]

    def submit(self, request: Any) -> str:
        self._call("submit")
        return "arn/job"

    def find(self, name: str) -> JobView | None:
        self._call("find")
        return None

    def look(self, job_id: str) -> JobView:
        self._call("look")
        return JobView(job_id, "name", self.status, succeeded=self.succeeded)

    def stop(self, job_id: str) -> None:
        self._call("stop")


def with_jobs(world: World, jobs: OneJob) -> World:
    world.advance_shard._jobs = jobs
    return world


def test_a_job_is_submitted_and_looked_at_until_it_ends() -> None:
    jobs = OneJob()
    world = with_jobs(in_round(*plain(6)), jobs)
    assert world.advance_shard.step(REF) == (Act.WAIT, 60)
    assert world.files.files[f"{LAYOUT.input_prefix(0, 0)}0000.jsonl"]
    assert world.advance_shard.step(REF) == (Act.WAIT, 90)
    jobs.status = JobStatus.COMPLETED
    assert world.advance_shard.step(REF).act is Act.COLLECT
    assert jobs.calls == ["submit", "look", "look"]
    assert world.slots.taken["m#r"] == {}


@pytest.mark.parametrize(
    ("error", "phase"),
    [
        (BatchQuotaFullError("full"), ShardPhase.READY),
        (BatchThrottledError("slow"), ShardPhase.READY),
        (BatchOutcomeUnknownError("?"), ShardPhase.SUBMITTING),
        (BatchRefusedError("no"), ShardPhase.COLLECTING),
    ],
)
def test_a_submit_that_fails_leaves_the_row_where_it_can_go_on(error: Exception, phase: ShardPhase) -> None:
    world = with_jobs(in_round(*plain(6)), OneJob(submit=error))
    world.advance_shard.step(REF)
    assert world.shards.get(REF).phase is phase


@pytest.mark.parametrize("error", [BatchThrottledError("slow"), BatchOutcomeUnknownError("?")])
def test_looking_for_a_job_in_vain_for_another_reason_is_no_proof_that_there_is_none(error: Exception) -> None:
    world = with_jobs(in_round(*plain(6)), OneJob(submit=BatchOutcomeUnknownError("?"), find=error))
    for _ in range(6):
        assert world.advance_shard.step(REF).act is Act.WAIT
    row = world.shards.get(REF)
    assert (row.phase, row.misses) == (ShardPhase.SUBMITTING, 0)


def test_a_workflow_that_slept_while_its_round_went_by_starts_nothing() -> None:
    world = in_round(*plain(6))
    assert world.advance_shard.step(ShardRef(RUN, 1, 0)).act is Act.DONE
    assert ShardRef(RUN, 1, 0) not in world.shards.rows


def test_two_workers_at_one_shard_do_its_work_once() -> None:
    world = with_jobs(in_round(*plain(6)), jobs := OneJob())
    get, row = world.shards.get, world.shards.get(REF)
    world.advance_shard.step(REF)
    world.shards.get = lambda ref: row  # another worker has loaded the row before
    assert world.advance_shard.step(REF).act is Act.WAIT
    world.shards.get = get
    assert jobs.calls == ["submit"]


def test_output_that_is_late_is_waited_for_and_then_taken_as_it_is() -> None:
    jobs = OneJob()
    world = with_jobs(in_round(*plain(6)), jobs)
    jobs.status, jobs.succeeded = JobStatus.COMPLETED, 6
    assert world.collect.step(REF).act is Act.WAIT, "there is nothing to collect yet"
    world.advance_shard.step(REF)
    assert world.advance_shard.step(REF).act is Act.COLLECT
    waits = [world.collect.step(REF) for _ in range(4)]
    assert [each.act for each in waits] == [Act.WAIT, Act.WAIT, Act.WAIT, Act.DONE]
    assert world.ledger.jobs[world.shards.get(REF).name].uncertain == 6
    assert world.collect.step(REF).act is Act.DONE


# ---- sweep and report


class Scripted:
    """Answers as it is told, one after the other."""

    def __init__(self, *answers: AskedAnswer | Exception) -> None:
        self._answers: Iterator[AskedAnswer | Exception] = iter(answers)
        self.room: list[int] = []

    def ask(self, run: BulkRun, record_id: str, model_input: Any, *, call_id: str) -> AskedAnswer:
        self.room.append(model_input["inferenceConfig"]["maxTokens"])
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


GOOD = AskedAnswer("summary of doc_x", "end_turn", Spent(None))
CUT = AskedAnswer("summary of", "max_tokens", Spent(None))
BAD = AskedAnswer("no", "end_turn", Spent(None))


def swept(asker: Scripted, *, documents: int = 1) -> tuple[World, Scripted]:
    world = in_sweep(*plain(documents))
    world.sweep._asker = asker
    return world, asker


def test_a_cut_answer_is_asked_once_more_with_twice_the_room() -> None:
    world, asker = swept(Scripted(CUT, GOOD))
    sweep_all(world)
    assert asker.room == [100, 200]
    assert [line["outcome"] for line in outcomes(world)] == ["succeeded"]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ((BAD, BAD), "invalid_answer"),
        ((CUT, CUT), "answer_cut"),
        ((BlockedByGuardrailError("no"),), "blocked_by_guardrail"),
    ],
)
def test_what_stays_bad_ends_with_its_reason(answers: tuple[AskedAnswer | Exception, ...], code: str) -> None:
    world, _ = swept(Scripted(*answers))
    sweep_all(world)
    (line,) = outcomes(world)
    assert (line["outcome"], line["error"]) == ("failed", code)


@pytest.mark.parametrize("error", [ModelThrottledError("slow"), ModelUnavailableError("away")])
def test_while_the_model_is_away_the_workflow_tries_again_and_pays_for_no_answer_twice(error: Exception) -> None:
    world, asker = swept(Scripted(GOOD, error, GOOD), documents=2)
    plan = world.files.read(LAYOUT.plan(0))
    assert plan is not None
    for _ in range(2):
        try:
            sweep_all(world)
        except type(error):
            continue
    assert len(asker.room) == 3, "two answers and one refusal"
    assert [line["outcome"] for line in outcomes(world)] == ["succeeded"] * 2


def test_a_long_document_is_merged_within_the_sweep() -> None:
    world = in_sweep(SimulatedDocument("bulk/long.txt", "long", sections=5))
    sweep_all(world)
    (line,) = outcomes(world)
    assert line["outcome"] == "succeeded"
    assert len(world.archive.paid_calls) == 5 + 2 + 1, "sections, two merges of three and two, and one of those"


def test_a_report_that_lacks_a_document_fails_the_run() -> None:
    world = in_sweep(*plain(3))
    sweep_all(world)
    commit = world.files.commits[LAYOUT.sweep_commit(0, 0)]
    lost = world.files.files[commit["outcomes"]].pop()
    account = commit["account"]
    account.update(succeeded=account["succeeded"] - 1, tally="0:00000000000000000000000000000000")
    assert lost["outcome"] == "succeeded"
    world.report.step(RUN)
    run = world.runs.get(RUN)
    assert (run.state, run.reason) == (RunState.FAILED, "unaccounted")
    assert world.files.files[LAYOUT.report][0]["accounted"] is False


def test_the_state_of_a_run_stays_small_whatever_its_size() -> None:
    """What the workflow carries: the run's id, a round, a shard; and what its rows hold."""
    small, large = in_round(*plain(4)), in_round(*plain(300))
    rows = [repr(world.runs.get(RUN)) for world in (small, large)]
    assert len(rows[1]) < len(rows[0]) + 20
    assert max(map(len, rows)) < 2000
