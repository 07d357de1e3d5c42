"""The port to batch inference jobs: submit, find by name, look, stop."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Protocol

from lambdas.shared.domain.errors import QuarryError


class JobStatus(StrEnum):
    """Bedrock's states of a model invocation job, and two that only we know of.

    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetModelInvocationJob.html
    """

    SUBMITTED = "Submitted"
    VALIDATING = "Validating"
    SCHEDULED = "Scheduled"
    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    COMPLETED = "Completed"
    PARTIALLY_COMPLETED = "PartiallyCompleted"
    FAILED = "Failed"
    STOPPED = "Stopped"
    EXPIRED = "Expired"
    REFUSED = "Refused"
    """The service would not take it: there never was a job."""
    VANISHED = "Vanished"
    """There was a job, and the service does not know it any more."""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self not in _ALIVE


_ALIVE = frozenset(
    {JobStatus.SUBMITTED, JobStatus.VALIDATING, JobStatus.SCHEDULED, JobStatus.IN_PROGRESS, JobStatus.STOPPING}
)


class JobView(NamedTuple):
    """What the service says about a job. Counts are None where it does not say; `message` explains a failure."""

    job_id: str
    name: str
    status: JobStatus
    message: str = ""
    processed: int | None = None
    succeeded: int | None = None
    failed: int | None = None


class JobRequest(NamedTuple):
    """`name` is the client request token too; prefixes are keys in the results bucket."""

    name: str
    model_id: str
    input_prefix: str
    output_prefix: str


class BatchJobError(QuarryError):
    """The service did not do what was asked."""

    code = "batch_job_error"


class BatchQuotaFullError(BatchJobError):
    """As many jobs are submitted or in progress as the account may have: ask again later."""

    code = "batch_quota_full"


class BatchThrottledError(BatchJobError):
    """Asked too often: ask again later. Nothing was done."""

    code = "batch_throttled"


class BatchRefusedError(BatchJobError):
    """Asking again changes nothing: a role, a bucket, a model that is not right."""

    code = "batch_refused"


class BatchOutcomeUnknownError(BatchJobError):
    """No answer came back (a timeout, a broken connection, a server error): it may or may not have been done."""

    code = "batch_outcome_unknown"


def job_named(name: str, views: Iterable[JobView]) -> JobView | None:
    """The job of exactly this name among those whose names contain it: the others are strangers'."""
    return next((view for view in views if view.name == name), None)


class BatchJobs(Protocol):
    """Batch inference jobs of the account. Each method raises BatchThrottledError and BatchOutcomeUnknownError."""

    def submit(self, request: JobRequest) -> str:
        """The new job's id (its ARN). A name that was submitted before makes no second job.

        Raises BatchQuotaFullError and BatchRefusedError too.
        """
        ...

    def find(self, name: str) -> JobView | None:
        """The job of exactly this name; jobs whose names only contain it are other people's."""
        ...

    def look(self, job_id: str) -> JobView | None:
        """None = the service knows no such job (yet)."""
        ...

    def stop(self, job_id: str) -> None:
        """Ask it to stop; a job that has ended stays as it is."""
        ...
