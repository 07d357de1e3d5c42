"""Decides where a run goes: `next_step` for a run as it was loaded, `after` for what has just happened to it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from lambdas.shared.domain.bulk.answered_usage import AnsweredUsage
from lambdas.shared.domain.bulk.listing import ListingState
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase, RunState

EMPTY = "empty_source"
REJECTED = "rejected_source"
SWEEP_LIMIT = "sweep_limit"
OVER_BUDGET = "over_budget"
UNACCOUNTED = "unaccounted"
STOPPED_BY_OPERATOR = "stopped"
# Batch inference is half the price. https://aws.amazon.com/bedrock/pricing/
ON_DEMAND_RATIO = 2


class Step(StrEnum):
    """The workflow's next state."""

    LIST = "list"
    PREPARE = "prepare"
    CUT = "cut"
    RUN_SHARDS = "run_shards"
    SWEEP = "sweep"
    REPORT = "report"
    HALT = "halt"
    END = "end"


class Listed(NamedTuple):
    """The source is listed."""

    listing: ListingState


class Prepared(NamedTuple):
    """Every key file has become parts and outcomes."""


class WasCut(NamedTuple):
    """Plan number `round` is made: `records` are in shards, `rest` in none. `spent_usd` counts what was settled."""

    round: int
    shards: int
    records: int
    rest: int
    spent_usd: Decimal | None


class RoundEnded(NamedTuple):
    """No shard of the round has anything more to do."""

    round: int


class Swept(NamedTuple):
    """The rest was asked on demand."""


class Reported(NamedTuple):
    """The report is written; `accounted`: its ids are the source's, each once. `usage`: what its answers took."""

    accounted: bool
    usage: AnsweredUsage = AnsweredUsage()


class Halted(NamedTuple):
    """A step has seen that the run is to be stopped."""


class GaveUp(NamedTuple):
    """A step failed for good; an operator mends the cause and resumes."""

    reason: str


class StopAsked(NamedTuple):
    """An operator wants it stopped."""


class ResumeAsked(NamedTuple):
    """An operator wants it to go on, perhaps with more room."""

    sweep_limit: int | None = None
    max_usd: Decimal | None = None


class ExecutionLost(NamedTuple):
    """The execution that carried it has ended without ending the run: the next one goes on."""


class Withdrawn(NamedTuple):
    """It was created beside another run over the same documents, and has not begun."""

    reason: str


Event = (
    Listed
    | Prepared
    | WasCut
    | RoundEnded
    | Swept
    | Reported
    | Halted
    | GaveUp
    | StopAsked
    | ResumeAsked
    | ExecutionLost
    | Withdrawn
)

_STEPS = {
    RunPhase.LISTING: Step.LIST,
    RunPhase.PREPARING: Step.PREPARE,
    RunPhase.CUTTING: Step.CUT,
    RunPhase.ROUND: Step.RUN_SHARDS,
    RunPhase.SWEEPING: Step.SWEEP,
    RunPhase.REPORTING: Step.REPORT,
}
# A round is carried out to its end, so that what its jobs have cost is collected; a report costs nothing.
_CARRIED_OUT = frozenset({Step.RUN_SHARDS, Step.REPORT})


def next_step(run: BulkRun) -> Step:
    """What the workflow does with a run as it was loaded, whoever left it there."""
    if run.state is not RunState.RUNNING:
        return Step.END
    step = _STEPS[run.phase]
    return Step.HALT if run.stop_wanted and step not in _CARRIED_OUT else step


def after(run: BulkRun, event: Event) -> BulkRun:
    """The run to save; an event that is late, doubled or out of place changes nothing."""
    if isinstance(event, ResumeAsked):
        return _resumed(run, event) if run.state is RunState.STOPPED else run
    if run.state is not RunState.RUNNING:
        return run
    match run.phase, event:
        case _, StopAsked():
            return run._replace(stop_wanted=True)
        case _, ExecutionLost():
            return run._replace(attempt=run.attempt + 1)
        case RunPhase.LISTING, Withdrawn(reason):
            return _failed(run, reason)
        case _, Halted() if run.stop_wanted:
            return _stopped(run, STOPPED_BY_OPERATOR)
        case _, GaveUp(reason):
            return _stopped(run, reason)
        case RunPhase.LISTING, Listed(listing):
            return _listed(run, listing)
        case RunPhase.PREPARING, Prepared():
            return run._replace(phase=RunPhase.CUTTING)
        case RunPhase.CUTTING, WasCut(number) if number == run.round:
            return _was_cut(run, event)
        case RunPhase.ROUND, RoundEnded(number) if number == run.round:
            return run._replace(phase=RunPhase.CUTTING, round=run.round + 1)
        case RunPhase.SWEEPING, Swept():
            return run._replace(phase=RunPhase.REPORTING)
        case RunPhase.REPORTING, Reported():
            return _reported(run, event)
    return run


def _listed(run: BulkRun, listing: ListingState) -> BulkRun:
    if listing.rejected:
        reason = f"{REJECTED}: {listing.rejected} lines, among them {'; '.join(listing.examples)}"
        return _failed(run, reason)
    if listing.tally.ids == 0:
        return _failed(run, f"{EMPTY}: there is no document at {run.source}")
    return run._replace(phase=RunPhase.PREPARING, documents=listing.tally.ids, key_files=listing.files)


def _was_cut(run: BulkRun, plan: WasCut) -> BulkRun:
    if _over_budget(run, plan):
        return _stopped(_plan_put_aside(run), f"{OVER_BUDGET}: {plan.spent_usd} USD are spent, and more is to be asked")
    if plan.shards:
        return run._replace(phase=RunPhase.ROUND, rounds_left=run.rounds_left - 1)
    if plan.rest > run.sweep_limit:
        return _stopped(_plan_put_aside(run), f"{SWEEP_LIMIT}: {plan.rest} records would be asked on demand")
    return run._replace(phase=RunPhase.SWEEPING if plan.rest else RunPhase.REPORTING)


def _reported(run: BulkRun, event: Reported) -> BulkRun:
    run = run._replace(usage=event.usage.as_text())
    return run._replace(state=RunState.SUCCEEDED) if event.accounted else _failed(run, UNACCOUNTED)


def _over_budget(run: BulkRun, plan: WasCut) -> bool:
    """What is not known cannot be held against the budget; the planner has refused such a run."""
    if run.max_usd is None or plan.spent_usd is None or run.record_usd is None:
        return False
    asked = plan.records if plan.shards else ON_DEMAND_RATIO * plan.rest
    return plan.spent_usd + asked * run.record_usd > run.max_usd


def _plan_put_aside(run: BulkRun) -> BulkRun:
    """What a plan holds that was not carried out goes into the next one."""
    return run._replace(phase=RunPhase.CUTTING, round=run.round + 1)


def _failed(run: BulkRun, reason: str) -> BulkRun:
    return run._replace(state=RunState.FAILED, reason=reason)


def _stopped(run: BulkRun, reason: str) -> BulkRun:
    return run._replace(state=RunState.STOPPED, stop_wanted=False, reason=reason)


def _resumed(run: BulkRun, event: ResumeAsked) -> BulkRun:
    """Whoever resumes a run wants to see jobs again: a role was mended, a quota raised."""
    return run._replace(
        state=RunState.RUNNING,
        attempt=run.attempt + 1,
        stop_wanted=False,
        reason="",
        rounds_left=max(1, run.rounds_left),
        sweep_limit=run.sweep_limit if event.sweep_limit is None else event.sweep_limit,
        max_usd=run.max_usd if event.max_usd is None else event.max_usd,
    )
