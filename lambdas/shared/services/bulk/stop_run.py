"""Stops a bulk run: it is marked, and its workflow stops its jobs and keeps what they have answered."""

from __future__ import annotations

from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_decisions import StopAsked
from lambdas.shared.services.bulk.carry_run import CarryRun


class StopRun:
    """May be repeated."""

    def __init__(self, carry: CarryRun) -> None:
        self._carry = carry

    def stop(self, tenant: str, run_id: str) -> BulkRun:
        """A run that has ended or is stopped stays as it is. One whose execution is lost gets a new one: its jobs are
        to be stopped too. Raises NotFoundError."""
        return self._carry.carry(self._carry.tell(self._carry.of_tenant(tenant, run_id), StopAsked()))
