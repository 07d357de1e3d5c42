"""What callers see of a run."""

from __future__ import annotations

from typing import Any, NamedTuple

from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_plan import RunPlan
from lambdas.shared.domain.bulk.spending import Spent


class Counts(NamedTuple):
    """Documents by what became of them. Until the source is listed, `total` is the plan's."""

    total: int
    succeeded: int
    failed: int
    pending: int
    skipped: int


class RunView(NamedTuple):
    """`counts` None: too many to be counted within a list. `spent`: by now, None where nobody has added it up;
    `report_key` None: there is no report yet."""

    run: BulkRun
    plan: RunPlan | None
    counts: Counts | None
    spent: Spent | None
    report_key: str | None
    report: dict[str, Any] | None


class RunPage(NamedTuple):
    """Runs, the newest first."""

    views: tuple[RunView, ...]
    next_cursor: str | None
