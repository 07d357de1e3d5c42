"""Where a run goes, decision by decision."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lambdas.shared.domain.bulk.listing import ListingState
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase, RunState
from lambdas.shared.domain.bulk.run_decisions import (
    Event,
    GaveUp,
    Halted,
    Listed,
    Prepared,
    Reported,
    ResumeAsked,
    RoundEnded,
    Step,
    StopAsked,
    Swept,
    WasCut,
    after,
    next_step,
)
from lambdas.shared.domain.bulk.tally import tally_of

RUN = BulkRun("run", "acme", "s3://archive/bulk/", "m", CONSERVATIVE, sweep_limit=100)
LISTING = ListingState(pages=1, done=True, files=1, tally=tally_of(["a", "b"]))


def at(phase: RunPhase, **fields: object) -> BulkRun:
    return RUN._replace(phase=phase, **fields)


def cut(*, shards: int = 0, records: int = 0, rest: int = 0, spent: str | None = "0", number: int = 0) -> WasCut:
    return WasCut(number, shards, records, rest, None if spent is None else Decimal(spent))


def test_a_run_goes_from_listing_to_its_report() -> None:
    run = RUN
    steps = [next_step(run)]
    events: list[Event] = [
        Listed(LISTING), Prepared(), cut(shards=2, records=300), RoundEnded(0), cut(rest=5, number=1), Swept(),
        Reported(True),
    ]  # fmt: skip
    for event in events:
        run = after(run, event)
        steps.append(next_step(run))
    assert steps == [
        Step.LIST, Step.PREPARE, Step.CUT, Step.RUN_SHARDS, Step.CUT, Step.SWEEP, Step.REPORT, Step.END,
    ]  # fmt: skip
    assert (run.state, run.documents, run.key_files, run.rounds_left) == (RunState.SUCCEEDED, 2, 1, 2)


def test_an_empty_source_fails_and_says_where_nothing_was() -> None:
    run = after(RUN, Listed(ListingState(done=True, markers=2)))
    assert (run.state, run.reason) == (
        RunState.FAILED,
        "empty_source: there is no document at s3://archive/bulk/",
    )


def test_a_list_with_foreign_lines_fails_before_anything_is_spent_and_names_them() -> None:
    listing = LISTING._replace(rejected=2, examples=("line 3: no address", "line 9: outside"))
    run = after(RUN, Listed(listing))
    assert run.state is RunState.FAILED
    assert run.reason == "rejected_source: 2 lines, among them line 3: no address; line 9: outside"


def test_when_no_rounds_are_left_no_job_is_planned() -> None:
    assert RUN.batch_allowed
    assert not RUN._replace(rounds_left=0).batch_allowed


def test_nothing_to_ask_goes_straight_to_the_report() -> None:
    assert after(at(RunPhase.CUTTING), cut()).phase is RunPhase.REPORTING


def test_more_than_was_allowed_on_demand_stops_the_run_and_asks_an_operator() -> None:
    run = after(at(RunPhase.CUTTING, rounds_left=0), cut(rest=101))
    assert (run.state, run.phase, run.round) == (RunState.STOPPED, RunPhase.CUTTING, 1)
    assert run.reason.startswith("sweep_limit: 101 records")
    resumed = after(run, ResumeAsked(sweep_limit=200))
    assert (resumed.state, resumed.rounds_left) == (RunState.RUNNING, 1)
    assert after(resumed, cut(rest=101, number=1)).phase is RunPhase.SWEEPING


@pytest.mark.parametrize(
    ("plan", "stops"),
    [
        (cut(shards=1, records=60, spent="0.40"), False),
        (cut(shards=1, records=61, spent="0.40"), True),
        (cut(rest=30, spent="0.40"), False),  # on demand is twice the price
        (cut(rest=31, spent="0.40"), True),
        (cut(shards=1, records=10_000, spent=None), False),  # what is not known cannot be compared
    ],
)
def test_a_round_beyond_the_budget_is_not_begun(plan: WasCut, stops: bool) -> None:
    run = at(RunPhase.CUTTING, max_usd=Decimal(1), record_usd=Decimal("0.01"))
    later = after(run, plan)
    assert (later.state is RunState.STOPPED) is stops
    assert later.reason.startswith("over_budget: 0.40 USD") is stops


def test_a_report_that_does_not_add_up_fails_the_run() -> None:
    run = after(at(RunPhase.REPORTING), Reported(False))
    assert (run.state, run.reason) == (RunState.FAILED, "unaccounted")


@pytest.mark.parametrize("phase", [RunPhase.LISTING, RunPhase.PREPARING, RunPhase.CUTTING, RunPhase.SWEEPING])
def test_a_stop_halts_at_the_next_step_and_a_resume_goes_on_where_it_was(phase: RunPhase) -> None:
    run = after(at(phase), StopAsked())
    assert next_step(run) is Step.HALT
    stopped = after(run, Halted())
    assert (stopped.state, stopped.phase, next_step(stopped)) == (RunState.STOPPED, phase, Step.END)
    resumed = after(stopped, ResumeAsked())
    assert (resumed.state, resumed.phase, resumed.stop_wanted) == (RunState.RUNNING, phase, False)


def test_a_round_is_carried_out_to_its_end_though_the_run_is_to_stop() -> None:
    run = after(at(RunPhase.ROUND), StopAsked())
    assert next_step(run) is Step.RUN_SHARDS
    assert next_step(after(run, RoundEnded(0))) is Step.HALT


@pytest.mark.parametrize(
    ("run", "event"),
    [
        (at(RunPhase.CUTTING, round=2), cut(shards=1, number=1)),
        (at(RunPhase.ROUND, round=2), RoundEnded(1)),
        (at(RunPhase.SWEEPING), Prepared()),
        (at(RunPhase.LISTING), Reported(True)),
        (at(RunPhase.LISTING), Halted()),
        (at(RunPhase.ROUND), ResumeAsked()),
        (RUN._replace(state=RunState.STOPPED), StopAsked()),
        (RUN._replace(state=RunState.STOPPED), Listed(LISTING)),
        (RUN._replace(state=RunState.SUCCEEDED), ResumeAsked()),
        (RUN._replace(state=RunState.FAILED), StopAsked()),
    ],
)
def test_a_late_or_doubled_event_changes_nothing(run: BulkRun, event: Event) -> None:
    assert after(run, event) == run


def test_a_step_that_fails_for_good_stops_the_run_with_its_reason() -> None:
    run = after(at(RunPhase.PREPARING), GaveUp("key file 12 could not be read"))
    assert (run.state, run.reason) == (RunState.STOPPED, "key file 12 could not be read")
    assert after(run, ResumeAsked()).phase is RunPhase.PREPARING


def test_a_stopped_run_can_go_on_and_has_not_ended() -> None:
    assert not RunState.STOPPED.ended
    assert RunState.SUCCEEDED.ended
    assert RunState.FAILED.ended
