"""Starting, stopping and resuming: each may be repeated, each survives a crash in its middle, each knows its tenant."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lambdas.shared.domain.bulk.archive_plan import BulkRunRefusedError
from lambdas.shared.domain.bulk.bulk_request import BulkRunActiveError
from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.domain.bulk.run_decisions import Halted, after
from lambdas.shared.domain.bulk.run_plan import plan_from
from lambdas.shared.domain.bulk.run_stores import RowChangedError
from lambdas.shared.domain.errors import InvalidInputError, NotFoundError
from lambdas.shared.services.bulk.resume_run import BulkRunNotStoppedError, ResumeRun
from lambdas.shared.services.bulk.stop_run import StopRun
from tests.unit.bulk.planning import Desk, texts, wish


class LostConnectionError(Exception):
    """The network went away."""


def desk_with_run(**fields: object) -> tuple[Desk, BulkRun]:
    desk = Desk(texts(150))
    return desk, desk.starter.start(wish(**fields))


def halt(desk: Desk, run: BulkRun) -> BulkRun:
    """What the workflow does with a stop."""
    saved = desk.runs.save(after(desk.runs.get(run.run_id), Halted()))
    desk.workflow.end(saved.execution)
    return saved


def test_a_start_keeps_the_plan_and_starts_one_execution() -> None:
    desk, run = desk_with_run(max_usd="200", style="bullets")
    assert desk.runs.get(run.run_id) == run
    assert desk.workflow.standings == {f"{run.run_id}-1": "running"}
    assert (run.state, run.max_usd, run.style, run.tenant) == (RunState.RUNNING, Decimal(200), "bullets", "acme")
    plan = plan_from(run.plan)
    assert plan is not None and (plan.documents, plan.jobs, plan.batch, plan.on_demand) == (150, 1, 150, 0)
    assert plan.cost_usd is not None and run.record_usd is not None


def test_what_the_plan_refuses_is_not_started() -> None:
    desk = Desk(texts(5000))
    with pytest.raises(BulkRunRefusedError):
        desk.starter.start(wish(max_usd="0.01"))
    assert not desk.runs.runs and not desk.workflow.standings


def test_a_repeated_start_under_one_key_is_one_run() -> None:
    desk = Desk(texts(150))
    first = desk.starter.start(wish(), repeat_key="k")
    calls = desk.source.calls
    assert desk.starter.start(wish(), repeat_key="k") == first
    assert desk.source.calls == calls and len(desk.runs.runs) == 1


def test_a_start_whose_execution_was_lost_goes_on_when_it_is_repeated() -> None:
    desk = Desk(texts(150))

    def fail() -> None:
        desk.workflow.before = lambda: None
        raise LostConnectionError

    desk.workflow.before = fail
    with pytest.raises(LostConnectionError):
        desk.starter.start(wish(), repeat_key="k")
    run = desk.starter.start(wish(), repeat_key="k")
    assert desk.workflow.standings == {run.execution: "running"} and run.attempt == 1


def test_without_a_key_a_repeated_start_is_told_of_the_first_run() -> None:
    desk, run = desk_with_run()
    with pytest.raises(BulkRunActiveError, match=run.run_id):
        desk.starter.start(wish())


def test_a_key_of_a_run_that_has_ended_starts_another() -> None:
    desk = Desk(texts(150))
    first = desk.starter.start(wish(), repeat_key="k")
    desk.runs.save(first._replace(state=RunState.SUCCEEDED))
    assert desk.starter.start(wish(), repeat_key="k").run_id != first.run_id


def test_of_two_starts_at_once_no_two_go_on() -> None:
    desk = Desk(texts(150))
    planned = [desk.planner.plan(wish()), desk.planner.plan(wish("s3://archive/bulk/0"))]
    desk.starter.start_planned(planned[0])
    with pytest.raises(BulkRunActiveError):
        desk.starter.start_planned(planned[1])
    states = sorted(run.state for run in desk.runs.runs.values())
    assert states == [RunState.FAILED, RunState.RUNNING] and len(desk.workflow.standings) == 1
    (withdrawn,) = (run for run in desk.runs.runs.values() if run.state is RunState.FAILED)
    assert withdrawn.reason.startswith("bulk_run_active")


def test_a_stop_marks_the_run_and_leaves_the_work_to_its_workflow() -> None:
    desk, run = desk_with_run()
    stop = StopRun(desk.carry)
    marked = stop.stop("acme", run.run_id)
    assert marked.stop_wanted and marked.state is RunState.RUNNING
    assert stop.stop("acme", run.run_id) == marked
    assert len(desk.workflow.standings) == 1


def test_a_stop_of_a_run_whose_execution_died_gives_it_one_that_stops_its_jobs() -> None:
    desk, run = desk_with_run()
    desk.workflow.end(run.execution)
    stopped = StopRun(desk.carry).stop("acme", run.run_id)
    assert stopped.stop_wanted and stopped.attempt == 2
    assert desk.workflow.standings[f"{run.run_id}-2"] == "running"


def test_a_stop_is_marked_also_while_the_workflow_saves_the_row() -> None:
    desk, run = desk_with_run()
    real, losses = desk.runs.save, iter([True, True, False])

    def contended(row: BulkRun) -> BulkRun:
        if next(losses):
            desk.runs.runs[run.run_id] = desk.runs.get(run.run_id)._replace(version=row.version + 1)
            raise RowChangedError
        return real(row)

    desk.runs.save = contended  # type: ignore[method-assign]
    assert StopRun(desk.carry).stop("acme", run.run_id).stop_wanted


def test_a_stopped_run_resumes_in_a_new_execution_with_more_room() -> None:
    desk, run = desk_with_run(max_usd="200")
    StopRun(desk.carry).stop("acme", run.run_id)
    halt(desk, run)
    resume = ResumeRun(desk.carry)
    resumed = resume.resume("acme", run.run_id, sweep_limit=9, max_usd=Decimal(300))
    assert (resumed.state, resumed.attempt, resumed.sweep_limit, resumed.max_usd) == (
        RunState.RUNNING,
        2,
        9,
        Decimal(300),
    )
    assert desk.workflow.standings == {f"{run.run_id}-1": "ended", f"{run.run_id}-2": "running"}
    assert resume.resume("acme", run.run_id) == resumed  # again: nothing more


def test_a_resume_whose_execution_was_lost_goes_on_when_it_is_repeated() -> None:
    desk, run = desk_with_run()
    StopRun(desk.carry).stop("acme", run.run_id)
    halt(desk, run)

    def fail() -> None:
        desk.workflow.before = lambda: None
        raise LostConnectionError

    desk.workflow.before = fail
    with pytest.raises(LostConnectionError):
        ResumeRun(desk.carry).resume("acme", run.run_id)
    assert ResumeRun(desk.carry).resume("acme", run.run_id).attempt == 2
    assert desk.workflow.standings[f"{run.run_id}-2"] == "running"


def test_a_running_run_whose_execution_has_died_is_carried_on() -> None:
    desk, run = desk_with_run()
    desk.workflow.end(run.execution)
    assert ResumeRun(desk.carry).resume("acme", run.run_id).execution == f"{run.run_id}-2"


def test_a_run_that_is_being_stopped_or_has_ended_cannot_be_resumed() -> None:
    desk, run = desk_with_run()
    StopRun(desk.carry).stop("acme", run.run_id)
    with pytest.raises(BulkRunNotStoppedError, match="being stopped"):
        ResumeRun(desk.carry).resume("acme", run.run_id)
    desk.runs.save(desk.runs.get(run.run_id)._replace(state=RunState.FAILED, reason="unaccounted"))
    with pytest.raises(BulkRunNotStoppedError, match="Start a new one"):
        ResumeRun(desk.carry).resume("acme", run.run_id)


@pytest.mark.parametrize("amount", ["-1", "0", "NaN"])
def test_more_room_is_a_positive_amount(amount: str) -> None:
    desk, run = desk_with_run()
    with pytest.raises(InvalidInputError, match="max_usd"):
        ResumeRun(desk.carry).resume("acme", run.run_id, max_usd=Decimal(amount))


def test_another_tenant_s_run_is_not_there() -> None:
    desk, run = desk_with_run()
    for act in (StopRun(desk.carry).stop, ResumeRun(desk.carry).resume):
        for tenant, run_id in (("globex", run.run_id), ("acme", "run_nothing")):
            with pytest.raises(NotFoundError):
                act(tenant, run_id)
    assert desk.runs.get(run.run_id) == run
