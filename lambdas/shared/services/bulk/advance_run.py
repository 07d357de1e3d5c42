"""Looks where a run stands and says what its workflow does next."""

from __future__ import annotations

from lambdas.shared.domain.bulk.run import BulkRun, RunPhase
from lambdas.shared.domain.bulk.run_decisions import (
    Event,
    Halted,
    Prepared,
    RoundEnded,
    Step,
    Swept,
    after,
    next_step,
)
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.domain.bulk.shard_stores import ShardStore
from lambdas.shared.services.bulk.round_plans import RoundPlans


class AdvanceRun:
    """A phase is over when what its steps have committed says so, never because the last step ran."""

    def __init__(self, *, runs: BulkRunStore, shards: ShardStore, files: RunFiles) -> None:
        self._runs = runs
        self._shards = shards
        self._files = files

    def step(self, run_id: str) -> Step:
        """The next step. May be called at any time, by anybody."""
        run = self._runs.get(run_id)
        while (event := self._event(run)) is not None:
            run = self._runs.save(after(run, event))
        return next_step(run)

    def _event(self, run: BulkRun) -> Event | None:
        step = next_step(run)
        if step is Step.END:
            return None
        plans = RoundPlans(self._files, self._shards, run)
        if run.phase is RunPhase.PREPARING and self._is_prepared(run, plans):
            return Prepared()
        if run.phase is RunPhase.ROUND and self._is_over(run, plans):
            return RoundEnded(run.round)
        if run.phase is RunPhase.SWEEPING and all(commit is not None for commit in plans.swept()):
            return Swept()
        return Halted() if step is Step.HALT else None

    def _is_prepared(self, run: BulkRun, plans: RoundPlans) -> bool:
        return sum(bool(commit["done"]) for commit in plans.prepared()) == run.key_files

    def _is_over(self, run: BulkRun, plans: RoundPlans) -> bool:
        plan = plans.plan(run.round)
        return plan is not None and all(plans.row(run.round, index).over for index in range(len(plan.shards)))
