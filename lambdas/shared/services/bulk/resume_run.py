"""Resumes a bulk run that was stopped, or whose execution is lost."""

from __future__ import annotations

from decimal import Decimal

from lambdas.shared.domain.bulk.bulk_request import bad_budget
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_decisions import ResumeAsked
from lambdas.shared.domain.errors import (
    ConflictError,
    InvalidInputError,
)
from lambdas.shared.services.bulk.carry_run import CarryRun


class BulkRunNotStoppedError(ConflictError):
    """Only what is stopped, or has lost its execution, can go on."""

    code = "bulk_run_not_stopped"


class ResumeRun:
    """May be repeated: a run that goes on is left alone."""

    def __init__(self, carry: CarryRun) -> None:
        self._carry = carry

    def resume(
        self, tenant: str, run_id: str, *, sweep_limit: int | None = None, max_usd: Decimal | None = None
    ) -> BulkRun:
        """Raises NotFoundError, InvalidInputError (max_usd), and BulkRunNotStoppedError for a run that has ended or is
        being stopped.

        `sweep_limit` and `max_usd` give it more room; None = as before.
        """
        wrong = bad_budget(max_usd)
        if wrong:
            raise InvalidInputError(f"max_usd: {wrong[0].detail}", errors=(*wrong,))
        run = self._carry.of_tenant(tenant, run_id)
        if run.state.ended:
            raise BulkRunNotStoppedError(
                f"The run has ended ({run.state}{f', {run.reason}' if run.reason else ''}). Start a new one over the "
                "same source: documents that have their summary are skipped."
            )
        if run.stop_wanted:
            raise BulkRunNotStoppedError("The run is being stopped; resume it once its state is STOPPED.")
        return self._carry.carry(self._carry.tell(run, ResumeAsked(sweep_limit, max_usd)))
