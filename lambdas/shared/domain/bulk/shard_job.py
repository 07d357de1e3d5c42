"""A shard's way through its jobs: the row that is kept of it, and what may be done next.

The row is saved BEFORE a submit, so whoever finds it in `SUBMITTING` knows that a job may exist, looks for it by name,
and never makes a second one: the name is the client request token, and an attempt has one name.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import NamedTuple

from lambdas.shared.domain.bulk.batch_jobs import JobStatus

NAME_PREFIX = "quarry-"
_NAME_DIGITS = 40  # a job's name has at most 63 characters
_FIRST_WAIT, _LONGEST_WAIT = 60, 600
_GROWTH = 1.5


class ShardPhase(StrEnum):
    """`NEW` -> `READY` -> `SUBMITTING` -> `RUNNING` -> `ENDED` -> `COLLECTING` -> `SETTLED`; a failed job goes from
    `ENDED` back to `READY` as the next attempt, a stopped run leaves what it has not sent as `UNSENT`."""

    NEW = "new"
    READY = "ready"
    SUBMITTING = "submitting"
    RUNNING = "running"
    ENDED = "ended"
    COLLECTING = "collecting"
    SETTLED = "settled"
    UNSENT = "unsent"


class Act(StrEnum):
    """What is to be done; the last three are the workflow's: come again later, collect, nothing more."""

    ASSEMBLE = "assemble"
    TAKE_SLOT = "take_slot"
    SUBMIT = "submit"
    FIND = "find"
    LOOK = "look"
    STOP = "stop"
    RELEASE_SLOT = "release_slot"
    WAIT = "wait"
    COLLECT = "collect"
    DONE = "done"


class ShardRef(NamedTuple):
    """One shard of one round of one run."""

    run_id: str
    round: int
    shard: int


class ShardRow(NamedTuple):
    """The ledger's row of a shard. `version` grows with every save; `waits` counts fruitless looks in a phase, and
    `misses` how often the service did not know the job. `earlier` names the jobs of earlier attempts.

    `doubted`: a submit of this attempt was not answered, and no such job was found since.
    `settlement` is the key of what collecting has written, the only one that counts. `succeeded` is what the service
    says of the job.
    """

    ref: ShardRef
    phase: ShardPhase = ShardPhase.NEW
    attempt: int = 1
    job_id: str = ""
    status: str = ""
    message: str = ""
    succeeded: int | None = None
    stopping: bool = False
    waits: int = 0
    misses: int = 0
    doubted: bool = False
    earlier: tuple[str, ...] = ()
    settlement: str = ""
    version: int = 0

    @property
    def name(self) -> str:
        """The job's name and client request token: the same for the same attempt, and for no other."""
        return job_name(self.ref, self.attempt)

    @property
    def job_status(self) -> JobStatus | None:
        """The service's last word."""
        return JobStatus(self.status) if self.status else None

    @property
    def over(self) -> bool:
        """Whether this round has nothing more to do with the shard."""
        return self.phase in (ShardPhase.SETTLED, ShardPhase.UNSENT)


def job_name(ref: ShardRef, attempt: int) -> str:
    """A digest, so that it says nothing about the archive and never meets a stranger's."""
    identity = "\0".join(str(part) for part in (*ref, attempt))
    return NAME_PREFIX + hashlib.sha256(identity.encode()).hexdigest()[:_NAME_DIGITS]


def wait_seconds(waits: int) -> int:
    """One minute, growing to ten: 24 hours are about 150 looks. It counts looks and reads no clock."""
    return min(_LONGEST_WAIT, int(_FIRST_WAIT * _GROWTH ** min(max(waits, 1) - 1, 16)))


class ShardProgress(NamedTuple):
    """`act` is WAIT (then come again in `seconds`), COLLECT or DONE."""

    act: Act
    seconds: int = 0
