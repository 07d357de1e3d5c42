"""Makes the plan of a round: which open parts go into which job."""

from __future__ import annotations

from lambdas.shared.domain.bulk.run_decisions import Step, WasCut, after, next_step
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.domain.bulk.shard import Cut
from lambdas.shared.domain.bulk.shard_stores import ShardStore
from lambdas.shared.domain.bulk.sharding import cut
from lambdas.shared.services.bulk.round_plans import RoundPlans


class CutShards:
    """The first plan of a number stands, whoever makes another one."""

    def __init__(self, *, runs: BulkRunStore, shards: ShardStore, files: RunFiles) -> None:
        self._runs = runs
        self._shards = shards
        self._files = files

    def step(self, run_id: str) -> None:
        """Make the plan that the run waits for."""
        run = self._runs.get(run_id)
        if next_step(run) is not Step.CUT:
            return
        plans = RoundPlans(self._files, self._shards, run)
        plan = plans.plan(run.round)
        if plan is None:
            opened = plans.open_before(run.round)
            made = cut(opened.parts, run.quotas) if run.batch_allowed else Cut((), opened.parts)
            made = made.limited(run.most_jobs)
            plan = plans.make(run.round, made, opened.spent_usd)
        event = WasCut(run.round, len(plan.shards), plan.records, plan.rest_records, plan.spent_usd)
        self._runs.save(after(run, event))
