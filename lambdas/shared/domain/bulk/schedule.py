"""When a run may end, and how much of it may go through batch inference for that."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.bulk.quotas import BatchQuotas
from lambdas.shared.domain.bulk.run import ROUNDS


class Pace(NamedTuple):
    """How fast things are taken to go. Bedrock promises no time for a batch job but its timeout, at least 24 hours;
    `batch_hours` is what a job may take, not what it usually takes."""

    batch_hours: float = 24.0
    on_demand_per_minute: float = 60.0
    prepared_per_second: float = 200.0


class Wishes(NamedTuple):
    """What the caller allows; None = whatever it takes."""

    deadline: datetime | None = None
    max_usd: Decimal | None = None


class Refusal(NamedTuple):
    """Why the run may not start; `field` of the request, `detail` with the remedy."""

    field: str
    code: str
    detail: str


class Schedule(NamedTuple):
    """`jobs` of the `needed` go into batch, with `batch_records`; the rest follows on demand. `rounds`: how often there
    is time for jobs, the first ones included: what they leave open goes into the next round's."""

    needed: int
    jobs: int
    batch_records: int
    rounds: int
    finish_by: datetime
    refusal: Refusal | None = None


def jobs_for(records: int, size: int, quotas: BatchQuotas) -> int:
    """How many jobs take so many records and bytes; none below the minimum, those are asked on demand."""
    if records < quotas.minimum_records:
        return 0
    return max(1, -(-records // quotas.records_per_job), -(-size // quotas.job_bytes))


def schedule(
    *,
    records: int,
    documents: int,
    needed: int,
    quotas: BatchQuotas,
    pace: Pace,
    deadline: datetime | None,
    now: datetime,
) -> Schedule:
    """As many jobs as end before the deadline. Batch is half the price, so more of them are tried first."""
    preparing = documents / pace.prepared_per_second / 3600
    waves = -(-needed // quotas.jobs)
    for wave in range(waves, -1, -1):
        jobs = min(needed, wave * quotas.jobs)
        batch = math.ceil(records * jobs / needed) if needed else 0
        hours = preparing + wave * pace.batch_hours + (records - batch) / pace.on_demand_per_minute / 60
        finish = now + timedelta(hours=hours)
        if deadline is None:
            return Schedule(needed, jobs, batch, ROUNDS, finish)
        if finish <= deadline:
            spare = int((deadline - finish) / timedelta(hours=pace.batch_hours))
            rounds = min(ROUNDS, 1 + spare) if jobs == needed else min(1, jobs)
            return Schedule(needed, jobs, batch, rounds, finish)
    return Schedule(needed, needed, records if needed else 0, 0, finish, _too_late(finish, deadline))


def _too_late(finish: datetime, deadline: datetime | None) -> Refusal:
    return Refusal(
        "/deadline",
        "deadline_impossible",
        f"it cannot end before {deadline:%Y-%m-%d %H:%M} UTC: all on demand it would end at about "
        f"{finish:%Y-%m-%d %H:%M} UTC. Move the deadline, take fewer documents, or raise the pace of on-demand calls.",
    )
