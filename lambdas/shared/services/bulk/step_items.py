"""Writes what the workflow maps over in a step: a row for each shard, or for each part to be swept."""

from __future__ import annotations

from typing import NamedTuple

from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_decisions import Step
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.domain.bulk.shard_stores import ShardStore
from lambdas.shared.services.bulk.round_plans import RoundPlans


class StepItems(NamedTuple):
    """`key` names JSON lines `{"number": ...}` (of key files also `"key"`); `concurrency`: so many at the same time."""

    key: str
    round: int
    concurrency: int


# Each reads some documents at the same time, or asks a model; the account's functions serve others too.
_AT_ONCE = 40


class WriteStepItems:
    """The same file whoever writes it: it is made of the plan."""

    def __init__(self, *, runs: BulkRunStore, shards: ShardStore, files: RunFiles) -> None:
        self._runs = runs
        self._shards = shards
        self._files = files

    def step(self, run_id: str, step: Step) -> StepItems:
        """Steps that are one call have no items, and an empty key."""
        run = self._runs.get(run_id)
        layout = RunLayout(run_id)
        if step is Step.PREPARE:
            return StepItems(layout.key_files, run.round, _AT_ONCE)
        if step not in (Step.RUN_SHARDS, Step.SWEEP):
            return StepItems("", run.round, 1)
        key = layout.items(run.round, step.value)
        with self._files.open(key) as rows:
            for number in range(self._count(run, step)):
                rows.write({"number": number})
        # A shard that would only wait for a slot need not look for one.
        return StepItems(key, run.round, run.quotas.jobs if step is Step.RUN_SHARDS else _AT_ONCE)

    def _count(self, run: BulkRun, step: Step) -> int:
        plan = RoundPlans(self._files, self._shards, run).plan(run.round)
        if plan is None:
            return 0
        return len(plan.shards) if step is Step.RUN_SHARDS else len(plan.rest)
