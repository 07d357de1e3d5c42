"""Stops a run one of whose steps has failed for good; an operator mends the cause and resumes it."""

from __future__ import annotations

from lambdas.shared.domain.bulk.run_decisions import GaveUp, after
from lambdas.shared.domain.bulk.run_stores import BulkRunStore

_LONGEST = 500


class GiveUp:
    """What is kept of the failure stays short, whatever a step has said."""

    def __init__(self, *, runs: BulkRunStore) -> None:
        self._runs = runs

    def step(self, run_id: str, error: str, detail: str) -> None:
        """A run that has ended or was stopped meanwhile stays as it is. Raises RowChangedError: try again."""
        run = self._runs.get(run_id)
        stopped = after(run, GaveUp(f"{error}: {detail}"[:_LONGEST]))
        if stopped != run:
            self._runs.save(stopped)
