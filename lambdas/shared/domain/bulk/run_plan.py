"""What of a plan is kept with its run, so that what it became can be held against it."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.timestamps import from_iso, to_iso

_MONEY = ("cost_usd", "token_usd", "guardrail_usd")


class RunPlan(NamedTuple):
    """`batch` and `on_demand` count records; None = not known. The parts' rest is what AWS's services are to cost.
    `complete` False: it was made of the first `documents` of a longer source, and all of it is a lower bound."""

    documents: int
    jobs: int
    batch: int
    on_demand: int
    cost_usd: Decimal | None
    finish_by: datetime
    token_usd: Decimal | None = None
    guardrail_usd: Decimal | None = None
    complete: bool = True

    def as_text(self) -> str:
        """JSON; money is a decimal text."""
        money = {name: None if usd is None else str(usd) for name in _MONEY for usd in [getattr(self, name)]}
        return json.dumps({**self._asdict(), **money, "finish_by": to_iso(self.finish_by)})


def plan_from(text: str) -> RunPlan | None:
    """The inverse of `as_text`; None for a run that was not planned."""
    if not text:
        return None
    fields = json.loads(text)
    money = {name: Decimal(fields[name]) for name in _MONEY if fields.get(name) is not None}
    return RunPlan(**{**fields, **money, "finish_by": from_iso(fields["finish_by"])})
