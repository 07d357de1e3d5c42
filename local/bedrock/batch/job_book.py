"""All jobs of this account: by id, by token, by name; and how many of a model's slots are taken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from local.bedrock.batch.job import Job
from local.bedrock.errors import ConflictError, QuotaExceededError, ResourceNotFoundError

_SORTED_FIRST = "Ascending"


class JobBook:
    """Safe under threads. Tokens and names belong to a region and are never free again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._tokens: dict[tuple[str, str], Job] = {}

    def admit(self, job: Job, *, slots: float, by_right: bool = False) -> Job:
        """Enter a new job; the job that already has its `clientRequestToken` instead, dead or alive.

        Raises ConflictError for a name that is taken and QuotaExceededError where all `slots` of the model are.
        `by_right`: strangers ask nobody.
        """
        token = str(job.request.get("clientRequestToken", job.job_id))
        with self._lock:
            known = self._tokens.get((job.region, token))
            if known is not None:
                return known
            if any(each.name == job.name and each.region == job.region for each in self._jobs.values()):
                raise ConflictError("The provided job name is currently in use.")
            if not by_right and self._taken(job) >= slots:
                raise QuotaExceededError(
                    "You have reached the maximum number of in-progress and submitted batch inference jobs "
                    f"({slots:.0f}) for the model {job.model.model_id} in {job.region}."
                )
            self._jobs[job.job_id] = job
            self._tokens[job.region, token] = job
        return job

    def find(self, identifier: str, region: str) -> Job:
        """By id or ARN; raises ResourceNotFoundError."""
        job = self._jobs.get(identifier.rsplit("/", 1)[-1])
        if job is None or job.region != region or identifier not in (job.job_id, job.arn):
            raise ResourceNotFoundError(f"Could not find the batch inference job {identifier}.")
        return job

    def listed(self, region: str, wanted: Callable[[dict[str, Any]], bool], order: str) -> list[dict[str, Any]]:
        """Summaries that pass, by submit time."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if job.region == region]  # in the order of their submission
        found = [summary for summary in (job.describe() for job in jobs) if wanted(summary)]
        return found if order == _SORTED_FIRST else found[::-1]

    def arns(self, region: str) -> list[str]:
        """Of all jobs of a region: what can carry tags."""
        with self._lock:
            return [job.arn for job in self._jobs.values() if job.region == region]

    def _taken(self, newcomer: Job) -> int:
        return sum(
            not job.is_over and job.region == newcomer.region and job.model.model_id == newcomer.model.model_id
            for job in self._jobs.values()
        )
