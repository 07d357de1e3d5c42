"""A bulk run as it is kept between steps: keys, counts and settings, never ids."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from lambdas.shared.domain.bulk.quotas import BatchQuotas

ROUNDS = 3


class RunState(StrEnum):
    """What callers see. SUCCEEDED = every id has its outcome, also where some failed."""

    PLANNED = "PLANNED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"

    @property
    def ended(self) -> bool:
        """A stopped run has not: it can go on."""
        return self in (RunState.SUCCEEDED, RunState.FAILED)


class RunPhase(StrEnum):
    """Where a run is; it stays there while the run is stopped."""

    LISTING = "listing"
    PREPARING = "preparing"
    CUTTING = "cutting"
    ROUND = "round"
    SWEEPING = "sweeping"
    REPORTING = "reporting"


class BulkRun(NamedTuple):
    """`round` numbers the plans, `rounds_left` says how many more may hold jobs.

    `most_jobs`: so many jobs end before the deadline, the rest is asked on demand; None = no limit.
    `sweep_limit`: so many records may be asked on demand, at twice the price, before an operator is asked.
    `record_usd` is what a record is planned to cost in batch, None = not known. `reason` says why it failed or stopped.
    `documents` counts ids of the source, once it is listed. `style`: empty = the deployment's. `attempt` numbers the
    executions that carry it, `created_at` is ISO 8601, `plan` what it was planned to be, as `RunPlan` writes it, and
    `usage` what its answers took, as `AnsweredUsage` does.
    """

    run_id: str
    tenant: str
    source: str
    model_id: str
    quotas: BatchQuotas
    state: RunState = RunState.RUNNING
    phase: RunPhase = RunPhase.LISTING
    round: int = 0
    rounds_left: int = ROUNDS
    most_jobs: int | None = None
    sweep_limit: int = 0
    max_usd: Decimal | None = None
    record_usd: Decimal | None = None
    stop_wanted: bool = False
    reason: str = ""
    documents: int = 0
    key_files: int = 0
    style: str = ""
    attempt: int = 1
    created_at: str = ""
    plan: str = ""
    usage: str = ""
    version: int = 0

    @property
    def execution(self) -> str:
        """The name of the execution that carries it; a resumed run has a new one."""
        return f"{self.run_id}-{self.attempt}"

    @property
    def batch_allowed(self) -> bool:
        """Whether the next plan may hold jobs."""
        return self.rounds_left > 0
