"""Decides what happens to a shard: `due` for a row as it was loaded, `after` for what has just happened to it."""

from __future__ import annotations

from typing import NamedTuple

from lambdas.shared.domain.bulk.batch_jobs import JobStatus, JobView
from lambdas.shared.domain.bulk.shard_job import Act, ShardPhase, ShardRow

MOST_ATTEMPTS = 3
# The list of jobs may lag behind: three looks take three minutes, more than the submitting function lives.
MISSES_BELIEVED = 3
# A job that was accepted and is not known for hours is gone.
MISSES_UNTIL_VANISHED = 20
# Output that the service counts but that cannot be read yet.
LOOKS_FOR_OUTPUT = 3


class Assembled(NamedTuple):
    """The shard's files are in place."""


class SlotTaken(NamedTuple):
    """The job may be submitted."""


class SlotsFull(NamedTuple):
    """As many jobs are in flight as may be."""


class Submitted(NamedTuple):
    """The service has taken the job."""

    job_id: str


class NotNow(NamedTuple):
    """The service took nothing (quota, throttling): the same attempt is sent later."""


class Refused(NamedTuple):
    """The service will never take it."""

    message: str


class NoAnswer(NamedTuple):
    """Nobody knows what the service did."""


class Seen(NamedTuple):
    """What the service says; None = it knows no such job."""

    job: JobView | None


class StopSent(NamedTuple):
    """The service was asked to stop the job."""


class SlotReleased(NamedTuple):
    """Somebody else may take the slot."""


Event = Assembled | SlotTaken | SlotsFull | Submitted | NotNow | Refused | NoAnswer | Seen | StopSent | SlotReleased


def due(row: ShardRow, *, stop: bool) -> Act:
    """What to do with a row as it was loaded, whoever left it there. `stop`: the run is to be stopped.

    A submit in doubt is sent again even then: under the same token, it gives the one job there is, which is stopped.
    """
    if row.phase is ShardPhase.RUNNING:
        return Act.STOP if stop and not row.stopping else Act.LOOK
    if row.phase in (ShardPhase.NEW, ShardPhase.READY) and stop and not row.doubted:
        return Act.RELEASE_SLOT
    return _DUE[row.phase]


_DUE = {
    ShardPhase.NEW: Act.ASSEMBLE,
    ShardPhase.READY: Act.TAKE_SLOT,
    ShardPhase.SUBMITTING: Act.FIND,
    ShardPhase.ENDED: Act.RELEASE_SLOT,
    ShardPhase.COLLECTING: Act.COLLECT,
    ShardPhase.SETTLED: Act.DONE,
    ShardPhase.UNSENT: Act.DONE,
}


def after(row: ShardRow, event: Event, *, stop: bool) -> tuple[ShardRow, Act]:
    """The row to save, and what to do once it is saved; an event that does not fit the row changes nothing."""
    match row.phase, event:
        case ShardPhase.NEW, Assembled():
            row = _enter(row, ShardPhase.READY)
        case ShardPhase.READY, SlotTaken():
            return _enter(row, ShardPhase.SUBMITTING), Act.SUBMIT
        case ShardPhase.READY, SlotsFull():
            return _later(row)
        case ShardPhase.SUBMITTING, Submitted(job_id):
            return _enter(row, ShardPhase.RUNNING)._replace(job_id=job_id, waits=1, doubted=False), Act.WAIT
        case ShardPhase.SUBMITTING, NotNow():
            return _enter(row, ShardPhase.READY)._replace(waits=row.waits + 1), Act.WAIT
        case ShardPhase.SUBMITTING, Refused(message):
            row = _enter(row, ShardPhase.ENDED)._replace(status=JobStatus.REFUSED, message=message)
        case ShardPhase.SUBMITTING, Seen(job):
            return _found(row, job)
        case ShardPhase.RUNNING, Seen(job):
            return _seen(row, job, stop=stop)
        case ShardPhase.RUNNING, StopSent():
            return row._replace(stopping=True, waits=1), Act.WAIT
        case ((ShardPhase.SUBMITTING | ShardPhase.RUNNING), NoAnswer()):
            return _later(row)
        case ((ShardPhase.NEW | ShardPhase.READY), SlotReleased()):
            row = _enter(row, ShardPhase.UNSENT)
        case ShardPhase.ENDED, SlotReleased():
            row = _next_attempt(row) if _deserves_another(row, stop=stop) else _enter(row, ShardPhase.COLLECTING)
    return row, due(row, stop=stop)


def output_is_late(row: ShardRow, answers: int) -> bool:
    """Whether fewer answers can be read than the service has counted, and it is worth looking again."""
    return row.succeeded is not None and answers < row.succeeded and row.waits < LOOKS_FOR_OUTPUT


def _found(row: ShardRow, job: JobView | None) -> tuple[ShardRow, Act]:
    if job is not None:
        return _enter(row, ShardPhase.RUNNING)._replace(job_id=job.job_id, doubted=False), Act.LOOK
    if row.misses + 1 < MISSES_BELIEVED:
        return row._replace(misses=row.misses + 1, waits=1), Act.WAIT
    # It seems that the request never arrived. The same attempt is sent again under the same token: should the list have
    # been wrong, that makes no second job but tells the first one's id.
    return _enter(row, ShardPhase.READY)._replace(waits=1, doubted=True), Act.WAIT


def _seen(row: ShardRow, job: JobView | None, *, stop: bool) -> tuple[ShardRow, Act]:
    if job is None:
        if row.misses + 1 < MISSES_UNTIL_VANISHED:
            return _later(row._replace(misses=row.misses + 1))
        job = JobView(row.job_id, row.name, JobStatus.VANISHED)
    elif not job.status.ended:
        return _later(row._replace(misses=0, status=job.status))
    row = _enter(row, ShardPhase.ENDED)._replace(status=job.status, message=job.message, succeeded=job.succeeded)
    return row, due(row, stop=stop)


def _deserves_another(row: ShardRow, *, stop: bool) -> bool:
    """A failed job has done nothing. One that has answered some records is collected: those are paid for."""
    return not stop and row.job_status is JobStatus.FAILED and row.succeeded == 0 and row.attempt < MOST_ATTEMPTS


def _next_attempt(row: ShardRow) -> ShardRow:
    return ShardRow(
        row.ref,
        phase=ShardPhase.READY,
        attempt=row.attempt + 1,
        message=row.message,
        earlier=(*row.earlier, row.name),
        version=row.version,
    )


def _enter(row: ShardRow, phase: ShardPhase) -> ShardRow:
    return row._replace(phase=phase, waits=0, misses=0)


def _later(row: ShardRow) -> tuple[ShardRow, Act]:
    return row._replace(waits=row.waits + 1), Act.WAIT
