"""Bulk runs on the wire: starting, following, stopping, resuming."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from lambdas.shared.domain.bulk.run_plan import RunPlan
from lambdas.shared.domain.bulk.run_view import RunPage, RunView
from lambdas.shared.domain.timestamps import to_iso

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]


class BulkBody(msgspec.Struct, forbid_unknown_fields=True):
    """`source`: `s3://bucket/prefix/`, a list (`.csv`, `.jsonl`) or an inventory's `manifest.json`; `deadline`: `24h`,
    `7d` or a time with its zone; `max_usd`: refused if the plan costs more, stopped if the run does."""

    source: _Text
    dry_run: bool = False
    style: _Text | None = None
    model: _Text | None = None
    deadline: _Text | None = None
    max_usd: Decimal | None = None


class ResumeBody(msgspec.Struct, forbid_unknown_fields=True):
    """More room for a run that stopped for want of it: `sweep_limit` records on demand, `max_usd` in all."""

    sweep_limit: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] | None = None
    max_usd: Decimal | None = None


class CountsView(msgspec.Struct):
    """Documents by what became of them; `skipped` had their summary already."""

    total: int
    succeeded: int
    failed: int
    pending: int
    skipped: int


class RunPlanView(msgspec.Struct):
    """What it was planned to be; `batch` and `on_demand` count records. What `cost_usd` holds beside its two parts is
    for AWS's services, which a run does not see the bill of. `complete` false: it was made of the first documents of a
    longer source, and is a lower bound."""

    jobs: int
    batch: int
    on_demand: int
    cost_usd: Decimal | None
    token_usd: Decimal | None
    guardrail_usd: Decimal | None
    finish_by: str
    complete: bool


class RunAnswer(msgspec.Struct):
    """A run. SUCCEEDED = every id has its outcome, also where some failed. `counts` null: too many to be counted in a
    list. `cost_usd` is what tokens and guardrail have cost by now, `guardrail_usd` its second part; null = not
    known. `reason` says why it failed or stopped, `stopping`
    that it will be STOPPED once its jobs are."""

    run_id: str
    state: str
    phase: str
    counts: CountsView | None
    plan: RunPlanView | None
    cost_usd: Decimal | None
    guardrail_usd: Decimal | None
    report_key: str | None
    source: str
    model: str
    style: str
    created_at: str
    reason: str | None
    stopping: bool


class RunList(msgspec.Struct):
    items: list[RunAnswer]
    next_cursor: str | None


def run_answer(view: RunView) -> RunAnswer:
    """A run as JSON."""
    run = view.run
    return RunAnswer(
        run_id=run.run_id,
        state=run.state.value,
        phase=run.phase.value,
        counts=CountsView(*view.counts) if view.counts else None,
        plan=_plan(view.plan) if view.plan else None,
        cost_usd=view.spent.cost_usd if view.spent else None,
        guardrail_usd=view.spent.guardrail_usd if view.spent else None,
        report_key=view.report_key,
        source=run.source,
        model=run.model_id,
        style=run.style,
        created_at=run.created_at,
        reason=run.reason or None,
        stopping=run.stop_wanted,
    )


def run_list(page: RunPage) -> RunList:
    """One page, newest first."""
    return RunList([run_answer(view) for view in page.views], page.next_cursor)


def _plan(plan: RunPlan) -> RunPlanView:
    return RunPlanView(
        jobs=plan.jobs,
        batch=plan.batch,
        on_demand=plan.on_demand,
        cost_usd=plan.cost_usd,
        token_usd=plan.token_usd,
        guardrail_usd=plan.guardrail_usd,
        finish_by=to_iso(plan.finish_by),
        complete=plan.complete,
    )
