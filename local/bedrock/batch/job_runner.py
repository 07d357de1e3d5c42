"""Lives a job's life in a thread of its own: Submitted, Validating, Scheduled, InProgress, and one of five ends."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence

from local.bedrock.batch.input_files import Record, read_records
from local.bedrock.batch.job import Job, JobFailedError, JobStoppedError
from local.bedrock.batch.output_files import OutputFiles
from local.bedrock.batch.record_answers import RecordAnswer, RecordAnswers
from local.clock import scaled
from local.quotas import QuotaTable

# Minutes to hours on AWS. Long enough to be seen at scale 1, a few milliseconds at the scale of tests.
STAGE_SECONDS = 2.0
# Jobs that work at the same time; the others stay Scheduled, as on AWS.
_TURNS = 2
_LOOK_SECONDS = 0.05


class JobRunner:
    """`answers` makes the answerer of one job. Nothing of a job survives the process."""

    def __init__(self, answers: Callable[[Job], RecordAnswers], quotas: QuotaTable) -> None:
        self._answers = answers
        self._quotas = quotas
        self._turns = threading.Semaphore(_TURNS)

    def start(self, job: Job) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, args=(job,), name=f"batch-{job.job_id}", daemon=True).start()

    def _run(self, job: Job) -> None:
        try:
            self._live(job)
        except JobStoppedError:
            job.end("Stopped")
        except JobFailedError as failure:
            job.end("Failed", str(failure))
        except Exception as error:
            traceback.print_exc()  # a defect of ours: the console shows where, the job fails as on AWS
            job.end("Failed", f"The local Bedrock failed: {type(error).__name__}")

    def _live(self, job: Job) -> None:
        job.pause(scaled(STAGE_SECONDS))
        job.enter("Validating")
        job.pause(scaled(STAGE_SECONDS))
        _fail_on_purpose(job, "validating")
        records = read_records(job, self._quotas)
        output = OutputFiles(job)
        job.counts.total = len(records)
        job.enter("Scheduled")
        job.pause(scaled(STAGE_SECONDS) + job.plan.slow_start_seconds)
        with self._turn(job) as has_begun:
            if not has_begun:
                job.end("Expired")
                return
            job.enter("InProgress")
            job.pause(scaled(STAGE_SECONDS))
            self._work(job, records, output)

    @contextlib.contextmanager
    def _turn(self, job: Job) -> Iterator[bool]:
        """Wait for one of the turns; False where the job's timeout passed before."""
        while not job.plan.expires and not job.is_overdue:
            job.go_on()
            if self._turns.acquire(timeout=_LOOK_SECONDS):
                try:
                    yield True
                finally:
                    self._turns.release()
                return
        yield False

    def _work(self, job: Job, records: Sequence[Record], output: OutputFiles) -> None:
        limit, ending = job.plan.ends_early(len(records)) or (len(records), "Completed")
        answers, errors = self._answers(job), job.plan.row_errors(len(records))
        missing, doubled = (job.plan.rows(kind, len(records)) for kind in ("missing_rows", "doubled_rows"))
        try:
            for place in job.plan.order(len(records))[:limit]:
                job.go_on()
                if job.is_overdue:
                    ending = "PartiallyCompleted"
                    break
                if place in missing:
                    continue
                injected = RecordAnswer(error=errors[place]) if place in errors else None
                answer = injected or answers.answer(records[place].model_input)
                _count(job, answer)
                for _ in range(2 if place in doubled else 1):
                    output.add(place, records[place], answer)
        except JobStoppedError:
            ending = "Stopped"
        _fail_on_purpose(job, "running")
        output.write(job.counts)
        if ending == "Stopped":
            job.stop()
        job.end(ending)


def _count(job: Job, answer: RecordAnswer) -> None:
    counts = job.counts
    counts.processed += 1
    counts.succeeded += answer.error is None
    counts.failed += answer.error is not None
    counts.input_tokens += answer.input_tokens
    counts.output_tokens += answer.output_tokens


def _fail_on_purpose(job: Job, when: str) -> None:
    message = job.plan.failure(when)
    if message is not None:
        raise JobFailedError(message)
