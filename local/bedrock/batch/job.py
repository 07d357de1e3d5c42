"""One batch job: its state, its counters, and who may change them."""

from __future__ import annotations

import secrets
import string
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.bedrock.batch.job_plan import JobPlan
from local.bedrock.errors import ConflictError
from local.bedrock.model_directory import Model
from local.clock import scaled
from local.environment import ACCOUNT

ENDED = frozenset({"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"})
# Not documented; the console's own.
DEFAULT_TIMEOUT_HOURS = 24
_ECHOED = (
    "jobName",
    "modelId",
    "clientRequestToken",
    "roleArn",
    "inputDataConfig",
    "outputDataConfig",
    "vpcConfig",
)
_ID = string.ascii_lowercase + string.digits


class JobStoppedError(Exception):
    """Somebody asked to stop the job; raised in its own thread."""


class JobFailedError(Exception):
    """The job cannot go on; the text becomes its `message`."""


@dataclass(slots=True)
class Counts:
    """Records and tokens, written by the job's own thread alone."""

    total: int = 0
    processed: int = 0
    succeeded: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class Job:
    """Safe under threads: its own moves it on, requests read and stop it. `changed` is told of each new status."""

    def __init__(
        self, request: Mapping[str, Any], model: Model, region: str, plan: JobPlan, changed: Callable[[Job, str], None]
    ) -> None:
        self.job_id = "".join(secrets.choice(_ID) for _ in range(12))
        self.arn = f"arn:aws:bedrock:{region}:{ACCOUNT}:model-invocation-job/{self.job_id}"
        self.name: str = request["jobName"]
        self.request, self.model, self.region, self.plan = request, model, region, plan
        self.kind: str = request.get("modelInvocationType", "InvokeModel")
        self.status, self.message, self.counts = "Submitted", "", Counts()
        self.submitted = self.modified = datetime.now(UTC)
        self.ended: datetime | None = None
        self._hours: int = request.get("timeoutDurationInHours", DEFAULT_TIMEOUT_HOURS)
        self._deadline = time.monotonic() + scaled(3600.0 * self._hours)
        self._changed, self._lock, self._stop = changed, threading.Lock(), threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether it has reached its last status."""
        return self.status in ENDED

    @property
    def is_overdue(self) -> bool:
        """Whether its timeout has passed."""
        return time.monotonic() > self._deadline

    def enter(self, status: str) -> None:
        """The next status; raises JobStoppedError instead once somebody asked to stop it."""
        self.go_on()
        self._move(status, unless=("Stopping",))
        self.go_on()

    def end(self, status: str, message: str = "") -> None:
        """The last status. A job that is being stopped ends as Stopped, whatever was meant."""
        with self._lock:
            if self.status in ENDED:
                return
            self.status = last = "Stopped" if self.status == "Stopping" else status
            self.message = message if last == "Failed" else ""
            self.modified = self.ended = datetime.now(UTC)
        self._changed(self, last)

    def stop(self) -> None:
        """Ask to stop; twice is once. Raises ConflictError for a job that has ended."""
        if self.is_over:
            raise ConflictError(f"The batch inference job {self.arn} is {self.status} and can't be stopped.")
        self._stop.set()
        self._move("Stopping", unless=("Stopping", *ENDED))

    def go_on(self) -> None:
        """Raises JobStoppedError if somebody asked to stop the job."""
        if self._stop.is_set():
            raise JobStoppedError

    def pause(self, seconds: float) -> None:
        """Wait so many real seconds, or until somebody asks to stop the job."""
        self._stop.wait(seconds)
        self.go_on()

    def describe(self) -> dict[str, Any]:
        """As GetModelInvocationJob answers, and ListModelInvocationJobs for each."""
        with self._lock:
            counts = self.counts
            described: dict[str, Any] = {
                **{name: self.request[name] for name in _ECHOED if name in self.request},
                "jobArn": self.arn,
                "status": self.status,
                "submitTime": self.submitted,
                "lastModifiedTime": self.modified,
                "timeoutDurationInHours": self._hours,
                "jobExpirationTime": self.submitted + timedelta(hours=self._hours),
                "modelInvocationType": self.kind,
                "totalRecordCount": counts.total,
                "processedRecordCount": counts.processed,
                "successRecordCount": counts.succeeded,
                "errorRecordCount": counts.failed,
            }
            ending = {"endTime": self.ended} if self.ended else {}
            return {**described, **ending, **({"message": self.message[:2048]} if self.message else {})}

    def _move(self, status: str, *, unless: tuple[str, ...]) -> None:
        with self._lock:
            if self.status in unless:
                return
            self.status, self.modified = status, datetime.now(UTC)
        self._changed(self, status)
