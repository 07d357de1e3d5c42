"""Sees to it that a run which is under way has an execution that carries it."""

from __future__ import annotations

from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.domain.bulk.run_decisions import Event, ExecutionLost, after
from lambdas.shared.domain.bulk.run_stores import BulkRunStore, RowChangedError
from lambdas.shared.domain.bulk.run_workflow import BulkWorkflow
from lambdas.shared.domain.errors import NotFoundError

# The workflow saves a row every few seconds at most.
_TRIES = 10


class CarryRun:
    """A row is saved before its execution is started: whoever finds the one without the other can go on."""

    def __init__(self, *, runs: BulkRunStore, workflow: BulkWorkflow) -> None:
        self._runs = runs
        self._workflow = workflow

    def of_tenant(self, tenant: str, run_id: str) -> BulkRun:
        """Raises NotFoundError, also for another tenant's run."""
        run = find_run(self._runs, run_id)
        if run is None or run.tenant != tenant:
            raise NotFoundError("There is no such bulk run.")
        return run

    def tell(self, run: BulkRun, event: Event) -> BulkRun:
        """The run after the event, saved, whoever else saves it meanwhile."""
        for _ in range(_TRIES):
            changed = after(run, event)
            if changed == run:
                return run
            try:
                return self._runs.save(changed)
            except RowChangedError:
                run = self._runs.get(run.run_id)
        raise RowChangedError(f"run {run.run_id} is saved by others all the time; try again")

    def carry(self, run: BulkRun) -> BulkRun:
        """Start the execution that the run lacks, if it lacks one."""
        if run.state is not RunState.RUNNING:
            return run
        if self._workflow.standing(run) == "ended":
            # It may have ended the run since the row was read.
            run = self.tell(self._runs.get(run.run_id), ExecutionLost())
        if run.state is RunState.RUNNING:
            self._workflow.start(run)
        return run


def find_run(runs: BulkRunStore, run_id: str) -> BulkRun | None:
    """None where there is none."""
    try:
        return runs.get(run_id)
    except NotFoundError:
        return None
