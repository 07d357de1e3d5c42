"""What the fault rules in force do to one batch job, decided when it is made."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.faults.job_faults import JobFault, striking_job

_BROKEN = "The system encountered an unexpected error during processing. Try your request again."


@dataclass(frozen=True, slots=True)
class JobPlan:
    """`name`: the job's; with a rule's seed it chooses the rows, so that the same job loses the same rows again."""

    name: str = ""
    faults: tuple[JobFault, ...] = ()

    def failure(self, when: str) -> str | None:
        """The message with which the job fails while `validating` or `running`."""
        for params in self._params("job_failed"):
            if params.get("when", "running") == when:
                return str(params.get("message", "Internal error: the job could not be processed. Try again."))
        return None

    @property
    def expires(self) -> bool:
        """Whether it never gets its turn."""
        return bool(self._params("job_expired"))

    @property
    def slow_start_seconds(self) -> float:
        """Real seconds that it is Scheduled longer than usual."""
        return sum(int(params["ms"]) for params in self._params("job_slow_start")) / 1000

    def ends_early(self, total: int) -> tuple[int, str] | None:
        """After so many records, with this status."""
        for kind, status in (("job_stopped", "Stopped"), ("job_partial", "PartiallyCompleted")):
            for params in self._params(kind):
                return total * int(params.get("percent", 50)) // 100, status
        return None

    def row_errors(self, total: int) -> dict[int, dict[str, Any]]:
        """Places of records that get an error instead of an answer."""
        found: dict[int, dict[str, Any]] = {}
        for fault in self.faults:
            if fault.kind == "error_rows":
                code, message = int(fault.params.get("code", 500)), str(fault.params.get("message", _BROKEN))
                error = {"errorCode": code, "errorMessage": message}
                found.update(dict.fromkeys(self._rows(fault, total), error))
        return found

    def rows(self, kind: str, total: int) -> frozenset[int]:
        """Places of records that are missing (`missing_rows`) or come twice (`doubled_rows`)."""
        return frozenset(row for fault in self.faults if fault.kind == kind for row in self._rows(fault, total))

    def order(self, total: int) -> list[int]:
        """The order in which records are processed: never promised by AWS, the same for the same job here."""
        places = list(range(total))
        random.Random(f"order/{self.name}").shuffle(places)  # noqa: S311  (repeatable on purpose)
        return places

    def _params(self, kind: str) -> list[Mapping[str, Any]]:
        return [fault.params for fault in self.faults if fault.kind == kind]

    def _rows(self, fault: JobFault, total: int) -> list[int]:
        """Exactly so many percent, and at least one, for a test that asks for a fault wants to see it."""
        chooser = random.Random(f"{fault.kind}/{fault.seed}/{self.name}")  # noqa: S311  (repeatable on purpose)
        share = total * int(fault.params.get("percent", 10)) / 100
        return chooser.sample(range(total), min(total, max(1, round(share))))


def plan_for(name: str, *, function: str) -> JobPlan:
    """Ask the rules, once for each job."""
    return JobPlan(name, striking_job(name, function=function))
