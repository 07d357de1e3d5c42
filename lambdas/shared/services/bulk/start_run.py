"""Starts a bulk run: plans it, keeps it, and hands it to the workflow."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

from lambdas.shared.domain.bulk.archive_plan import ArchivePlan, BulkWish, check_may_start
from lambdas.shared.domain.bulk.bulk_request import BulkRunActiveError, refuse_overlap
from lambdas.shared.domain.bulk.planner import BulkPlan
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_decisions import Withdrawn
from lambdas.shared.domain.bulk.run_plan import RunPlan
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.domain.timestamps import to_iso, utc_now
from lambdas.shared.services.bulk.carry_run import CarryRun, find_run
from lambdas.shared.services.bulk.plan_run import PlanRun

_DIGITS = 24


class StartRun:
    """May be repeated: what is under way under the same `repeat_key` is answered, not started again."""

    def __init__(
        self,
        *,
        plan: PlanRun,
        runs: BulkRunStore,
        carry: CarryRun,
        new_id: Callable[[], str] = lambda: secrets.token_hex(_DIGITS // 2),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._plan = plan
        self._runs = runs
        self._carry = carry
        self._new_id = new_id
        self._now = now

    def start(self, wish: BulkWish, *, repeat_key: str = "", time_is_up: Callable[[], bool] = lambda: False) -> BulkRun:
        """Raises what `PlanRun` raises, BulkRunRefusedError with the plan's reasons, and BulkRunActiveError while
        another run takes the same documents."""
        run_id = self._run_id(wish.tenant, repeat_key)
        earlier = find_run(self._runs, run_id)
        if earlier is not None and earlier.state.ended:
            run_id = f"run_{self._new_id()}"
        elif earlier is not None:
            return self._carry.carry(earlier)
        return self.start_planned(self._plan.plan(wish, time_is_up=time_is_up), run_id=run_id)

    def start_planned(self, planned: ArchivePlan, *, run_id: str = "") -> BulkRun:
        """Start what has been planned and, perhaps, shown to somebody."""
        check_may_start(planned)
        run = self._run(planned, run_id or f"run_{self._new_id()}")
        if not self._runs.create(run):
            return self._carry.carry(self._runs.get(run.run_id))
        self._withdraw_beside_another(run, planned)
        return self._carry.carry(run)

    def _withdraw_beside_another(self, run: BulkRun, planned: ArchivePlan) -> None:
        """Two that start at once see each other here, after both rows are written: whoever does steps back."""
        others = (other for other in self._runs.active(run.tenant) if other.run_id != run.run_id)
        try:
            refuse_overlap(planned.request.source, others)
        except BulkRunActiveError as error:
            self._carry.tell(run, Withdrawn(f"{error.code}: {error}"))
            raise

    def _run_id(self, tenant: str, repeat_key: str) -> str:
        if not repeat_key:
            return f"run_{self._new_id()}"
        digest = hashlib.sha256("\0".join((tenant, repeat_key)).encode()).hexdigest()
        return f"run_{digest[:_DIGITS]}"

    def _run(self, planned: ArchivePlan, run_id: str) -> BulkRun:
        plan = planned.plan
        return BulkRun(
            run_id=run_id,
            tenant=planned.tenant,
            source=planned.request.source.uri,
            model_id=planned.model_id,
            quotas=plan.quotas.quotas,
            rounds_left=plan.rounds,
            most_jobs=plan.most_jobs,
            sweep_limit=plan.sweep_limit,
            max_usd=planned.request.wishes.max_usd,
            record_usd=plan.record_usd,
            style=planned.style,
            created_at=to_iso(self._now()),
            plan=_kept(plan, complete=planned.survey.complete).as_text(),
        )


def _kept(plan: BulkPlan, *, complete: bool) -> RunPlan:
    """The figures that callers see of it."""
    return RunPlan(
        documents=plan.documents,
        jobs=plan.jobs,
        batch=plan.batch_records,
        on_demand=plan.on_demand_records,
        cost_usd=plan.cost_usd,
        finish_by=plan.finish_by,
        token_usd=plan.token_usd,
        guardrail_usd=plan.guardrail_usd,
        complete=complete,
    )
