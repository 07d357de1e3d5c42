"""Batch inference as AWS runs it, on the virtual clock, with everything that can go wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from lambdas.shared.domain.bulk.batch_jobs import (
    BatchOutcomeUnknownError,
    BatchQuotaFullError,
    BatchRefusedError,
    BatchThrottledError,
    JobRequest,
    JobStatus,
    JobView,
    job_named,
)
from tests.fakes.bulk import InMemoryRunFiles
from tests.simulator.faults import Faults
from tests.simulator.kernel import Kernel

HOUR = 3600.0
# Short for a batch job, so that a history is more faults than waiting.
_TIMEOUT = 6 * HOUR
Touch = Callable[[str], None]


class Witness(Protocol):
    """Sees every job that comes to be and what it bills."""

    def job_created(self, job: Job, records: list[str]) -> None: ...

    def job_asked_again(self, job: Job) -> None: ...

    def job_billed(self, job: Job, answers: int) -> None: ...


@dataclass(eq=False)
class Job:
    job_id: str
    request: JobRequest
    created: float
    status: JobStatus = JobStatus.SUBMITTED
    message: str = ""
    succeeded: int | None = None
    stranger: bool = False
    listed_from: float = 0.0
    known_from: float = 0.0
    gone: bool = False
    stop_asked: bool = False
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def view(self) -> JobView:
        return JobView(self.job_id, self.request.name, self.status, self.message, succeeded=self.succeeded)


class SimulatedBatchService:
    """`answer(record)` is what the model makes of a record: an output line without its faults."""

    def __init__(
        self,
        *,
        kernel: Kernel,
        random: Random,
        faults: Faults,
        files: InMemoryRunFiles,
        answer: Callable[[dict[str, Any]], dict[str, Any]],
        witness: Witness,
        quota: int,
        minimum: int,
        ended: Callable[[Job], None],
        touch: Touch,
    ) -> None:
        self.jobs: dict[str, Job] = {}
        self._tokens: dict[str, Job] = {}
        self._kernel = kernel
        self._random = random
        self._faults = faults
        self._files = files
        self._answer = answer
        self._witness = witness
        self._quota = quota
        self._minimum = minimum
        self._ended = ended
        self._touch = touch

    def alive(self) -> list[Job]:
        return [job for job in self.jobs.values() if not job.status.ended]

    def add_stranger(self, name: str, hours: float) -> None:
        job = Job(f"arn/{name}/{len(self.jobs)}", JobRequest(name, "m", "", ""), self._kernel.now, stranger=True)
        if len(self.alive()) < self._quota:
            self.jobs[job.job_id] = job
            self._kernel.after(hours * HOUR, lambda: setattr(job, "status", JobStatus.COMPLETED))

    # ---- the port

    def submit(self, request: JobRequest) -> str:
        self._touch("jobs.submit:before")
        if self._faults.strike("throttle"):
            raise BatchThrottledError("slow down")
        if self._faults.strike("submit_never_arrived"):
            raise BatchOutcomeUnknownError("timed out")
        known = self._tokens.get(request.name)
        if known is not None:
            self._witness.job_asked_again(known)
        else:
            if self._faults.strike("refused"):
                raise BatchRefusedError("the role is not right")
            if len(self.alive()) >= self._quota:
                raise BatchQuotaFullError("too many jobs")
            known = self._create(request)
        if self._faults.strike("submit_answer_lost"):
            raise BatchOutcomeUnknownError("timed out")
        self._touch("jobs.submit:after")
        return known.job_id

    def find(self, name: str) -> JobView | None:
        self._may_fail()
        views = [job.view for job in self.jobs.values() if name in job.request.name and self._is_listed(job)]
        return job_named(name, views)

    def look(self, job_id: str) -> JobView | None:
        self._may_fail()
        job = self.jobs[job_id]
        return None if job.gone or self._kernel.now < job.known_from else job.view

    def stop(self, job_id: str) -> None:
        self._may_fail()
        job = self.jobs[job_id]
        if not job.status.ended:
            job.status, job.stop_asked = JobStatus.STOPPING, True
            self._kernel.after(self._random.uniform(10, 900), lambda: self._end(job, JobStatus.STOPPED))
        self._touch("jobs.stop:after")

    # ---- a job's life

    def _may_fail(self) -> None:
        if self._faults.strike("throttle"):
            raise BatchThrottledError("slow down")
        if self._faults.strike("no_answer"):
            raise BatchOutcomeUnknownError("timed out")

    def _is_listed(self, job: Job) -> bool:
        return not job.gone and self._kernel.now >= job.listed_from

    def _create(self, request: JobRequest) -> Job:
        now = self._kernel.now
        job = Job(f"arn/job-{len(self.jobs)}", request, now)
        job.listed_from = now + (self._random.uniform(1, 110) if self._faults.strike("list_lags") else 0)
        job.known_from = now + (self._random.uniform(1, 110) if self._faults.strike("look_lags") else 0)
        self.jobs[job.job_id] = self._tokens[request.name] = job
        for key in sorted(key for key in self._files.files if key.startswith(request.input_prefix)):
            job.rows += self._files.files[key]
        self._witness.job_created(job, [row["recordId"] for row in job.rows])
        delay = self._random.uniform(60, HOUR)
        if len(job.rows) < self._minimum:
            self._kernel.after(delay, lambda: self._fail(job, "fewer records than the minimum"))
        else:
            self._kernel.after(delay, lambda: self._go(job))
        return job

    def _fail(self, job: Job, message: str) -> None:
        job.message = message
        self._end(job, JobStatus.FAILED, share=0.0)

    def _go(self, job: Job) -> None:
        if job.status.ended or job.stop_asked:
            return
        job.status = JobStatus.IN_PROGRESS
        strike = self._faults.strike
        if strike("job_fails"):
            self._fail(job, "internal error")
        elif strike("job_vanishes"):
            job.gone, job.status = True, JobStatus.FAILED
        elif strike("job_expires"):
            self._kernel.after(_TIMEOUT, lambda: self._end(job, JobStatus.EXPIRED, share=0.0))
        else:
            status, share = JobStatus.COMPLETED, 1.0
            if strike("job_partial"):
                status, share = JobStatus.PARTIALLY_COMPLETED, self._random.random()
            elif strike("job_stopped_by_stranger"):
                status, share = JobStatus.STOPPED, self._random.random()
            elif strike("job_fails_halfway"):
                status, share = JobStatus.FAILED, self._random.random()
            hours = self._random.uniform(0.1, 3)
            self._kernel.after(hours * HOUR, lambda: self._end(job, status, share=share))

    def _end(self, job: Job, status: JobStatus, share: float | None = None) -> None:
        if job.status.ended:
            return
        share = self._random.random() if share is None else share
        lines, answered = self._output(job, share)
        job.status = status
        job.succeeded = None if self._faults.strike("counts_missing") else answered
        self._witness.job_billed(job, answered)
        late = self._random.uniform(30, 400) if self._faults.strike("late_output") else 0.0
        self._kernel.after(late, lambda: self._deliver(job, lines))
        self._ended(job)

    def _deliver(self, job: Job, lines: list[Any]) -> None:
        if lines:
            half = self._random.randrange(len(lines) + 1)
            folder = f"{job.request.output_prefix}{job.job_id.rsplit('/', 1)[-1]}/"
            self._files.files[f"{folder}0000.jsonl.out"] = lines[:half]
            self._files.files[f"{folder}0001.jsonl.out"] = lines[half:]

    def _output(self, job: Job, share: float) -> tuple[list[Any], int]:
        lines: list[Any] = []
        answered = 0
        strike = self._faults.strike
        for row in job.rows[: round(share * len(job.rows))]:
            line = self._answer(row)
            if strike("error_row"):
                line = {"recordId": row["recordId"], "error": {"errorCode": 500, "errorMessage": "internal"}}
            answered += "error" not in line
            if strike("unparseable_row"):
                lines.append(None)
            elif not strike("missing_row"):
                lines.append(line)
                if strike("duplicate_row"):
                    lines.append(self._random.choice((line, {**line, "recordId": line["recordId"]})))
            if strike("unknown_row"):
                lines.append({**line, "recordId": f"{row['recordId']}_of_somebody"})
        self._random.shuffle(lines)  # rows have no order
        return lines, answered
