"""What strikes a batch job: decided once, when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.faults.api_call import ApiCall
from local.faults.deliveries import current_book
from local.faults.kinds import JOB_SERVICE


@dataclass(frozen=True, slots=True)
class JobFault:
    """One rule striking one job; `seed` also chooses the rows that it hits."""

    kind: str
    params: Mapping[str, Any]
    seed: int


def striking_job(name: str, *, function: str) -> tuple[JobFault, ...]:
    """The rules that strike the job of this name, made by this function; each is logged."""
    book = current_book()
    struck = book.striking(ApiCall(JOB_SERVICE, name, function), subjects=("job",)) if book else ()
    return tuple(JobFault(each.rule.kind, each.rule.params, each.rule.seed) for each in struck)
