"""What of a plan is kept with its run, so that what it became can be held against it."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.bulk.planner import BulkPlan
from lambdas.shared.domain.timestamps import from_iso, to_iso


class RunPlan(NamedTuple):
    """`batch` and `on_demand` count records; `cost_usd` None = not known."""

    documents: int
    jobs: int
    batch: int
    on_demand: int
    cost_usd: Decimal | None
    finish_by: datetime

    def as_text(self) -> str:
        """JSON; money is a decimal text."""
        cost = None if self.cost_usd is None else str(self.cost_usd)
        return json.dumps({**self._asdict(), "cost_usd": cost, "finish_by": to_iso(self.finish_by)})


def kept_plan(plan: BulkPlan) -> RunPlan:
    """The figures that callers see of it."""
    return RunPlan(plan.documents, plan.jobs, plan.batch_records, plan.on_demand_records, plan.cost_usd, plan.finish_by)


def plan_from(text: str) -> RunPlan | None:
    """The inverse of `as_text`; None for a run that was not planned."""
    if not text:
        return None
    fields = json.loads(text)
    cost = fields["cost_usd"]
    fields |= {"cost_usd": None if cost is None else Decimal(cost), "finish_by": from_iso(fields["finish_by"])}
    return RunPlan(**fields)
