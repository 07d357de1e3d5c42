"""Carries out what is decided about a shard, until there is something to wait for."""

from __future__ import annotations

from lambdas.shared.domain.bulk import shard_decisions
from lambdas.shared.domain.bulk.batch_jobs import (
    BatchJobs,
    BatchOutcomeUnknownError,
    BatchQuotaFullError,
    BatchRefusedError,
    BatchThrottledError,
    JobRequest,
)
from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore, RowChangedError
from lambdas.shared.domain.bulk.shard_job import Act, ShardPhase, ShardProgress, ShardRef, ShardRow, wait_seconds
from lambdas.shared.domain.bulk.shard_stores import JobSlots, ShardStore
from lambdas.shared.services.bulk.round_plans import RoundPlans


class AdvanceShard:
    """Every decision is saved before it is carried out. `scope` of the slots is the model in this Region."""

    def __init__(
        self,
        *,
        runs: BulkRunStore,
        shards: ShardStore,
        files: RunFiles,
        jobs: BatchJobs,
        slots: JobSlots,
        region: str,
    ) -> None:
        self._runs = runs
        self._shards = shards
        self._files = files
        self._jobs = jobs
        self._slots = slots
        self._region = region

    def step(self, ref: ShardRef) -> ShardProgress:
        """Do what can be done now. May be called at any time, by anybody."""
        run = self._runs.get(ref.run_id)
        row = self._shards.get(ref)
        if row.phase is ShardPhase.NEW and (run.phase is not RunPhase.ROUND or run.round != ref.round):
            return ShardProgress(Act.DONE)  # a workflow that has slept while the run went on
        try:
            return self._advance(run, row)
        except RowChangedError:
            return ShardProgress(Act.WAIT, wait_seconds(1))

    def _advance(self, run: BulkRun, row: ShardRow) -> ShardProgress:
        stop = run.stop_wanted
        act = shard_decisions.due(row, stop=stop)
        while act not in (Act.WAIT, Act.COLLECT, Act.DONE):
            event = self._carry_out(act, run, row)
            row, act = shard_decisions.after(row, event, stop=stop)
            row = self._shards.save(row)
        return ShardProgress(act, wait_seconds(row.waits) if act is Act.WAIT else 0)

    def _carry_out(self, act: Act, run: BulkRun, row: ShardRow) -> shard_decisions.Event:
        if act is Act.ASSEMBLE:
            self._assemble(run, row.ref)
            return shard_decisions.Assembled()
        if act is Act.TAKE_SLOT:
            taken = self._slots.take(self._scope(run), row.name, run.quotas.jobs)
            return shard_decisions.SlotTaken() if taken else shard_decisions.SlotsFull()
        if act is Act.RELEASE_SLOT:
            self._slots.release(self._scope(run), row.name)
            return shard_decisions.SlotReleased()
        if act is Act.SUBMIT:
            return self._submit(run, row)
        try:
            return self._ask(act, row)
        except (BatchThrottledError, BatchOutcomeUnknownError):
            return shard_decisions.NoAnswer()

    def _ask(self, act: Act, row: ShardRow) -> shard_decisions.Event:
        if act is Act.STOP:
            self._jobs.stop(row.job_id)
            return shard_decisions.StopSent()
        return shard_decisions.Seen(self._jobs.find(row.name) if act is Act.FIND else self._jobs.look(row.job_id))

    def _submit(self, run: BulkRun, row: ShardRow) -> shard_decisions.Event:
        layout, ref = RunLayout(run.run_id), row.ref
        request = JobRequest(
            name=row.name,
            model_id=run.model_id,
            input_prefix=layout.input_prefix(ref.round, ref.shard),
            output_prefix=layout.output_prefix(ref.round, ref.shard),
        )
        try:
            return shard_decisions.Submitted(self._jobs.submit(request))
        except (BatchQuotaFullError, BatchThrottledError):
            return shard_decisions.NotNow()
        except BatchRefusedError as error:
            return shard_decisions.Refused(str(error))
        except BatchOutcomeUnknownError:
            return shard_decisions.NoAnswer()

    def _assemble(self, run: BulkRun, ref: ShardRef) -> None:
        """The same files from the same plan, however often."""
        plan = RoundPlans(self._files, self._shards, run).plan(ref.round)
        if plan is None:
            raise ValueError(f"{ref.run_id} has no plan {ref.round}")
        prefix = RunLayout(run.run_id).input_prefix(ref.round, ref.shard)
        for index, parts in enumerate(plan.shards[ref.shard].files):
            self._files.concatenate([part.key for part in parts], f"{prefix}{index:04d}.jsonl")

    def _scope(self, run: BulkRun) -> str:
        return f"{run.model_id}#{self._region}"
