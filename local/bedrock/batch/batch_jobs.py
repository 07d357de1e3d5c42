"""Takes jobs in and starts them; and the jobs of strangers, who share the account's quota."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from local.bedrock.batch.job import Job
from local.bedrock.batch.job_book import JobBook
from local.bedrock.batch.job_events import publish_status
from local.bedrock.batch.job_plan import JobPlan, plan_for
from local.bedrock.batch.job_runner import JobRunner
from local.bedrock.batch.record_answers import RecordAnswers
from local.bedrock.converse_api import ConverseApi
from local.bedrock.errors import ValidationError
from local.bedrock.guardrails.guarded_bodies import GuardedBodies
from local.bedrock.model_directory import Model, ModelDirectory
from local.bedrock.seams.resource_tags import tag
from local.environment import ACCOUNT, REGION
from local.quotas import QuotaTable


class BatchJobs:
    """Everything that is known of batch jobs in this process. Nothing of it survives the process."""

    def __init__(
        self, conversations: ConverseApi, bodies: GuardedBodies, models: ModelDirectory, quotas: QuotaTable
    ) -> None:
        self.book = JobBook()
        self.quotas = quotas
        self._models = models
        self._strangers: list[Job] = []
        self._runner = JobRunner(lambda job: RecordAnswers(conversations, bodies, job.model, job.kind), quotas)

    def submit(self, request: Mapping[str, Any], region: str, *, caller: str) -> Job:
        """A new job, or the one that has the request's token; raises `ValidationError`, `ConflictError` and
        `QuotaExceededError`."""
        model, slots = self._model(request["modelId"])
        name = request["jobName"]
        job = Job(request, model, region, JobPlan(name), publish_status)
        admitted = self.book.admit(job, slots=slots)
        if admitted is job:
            job.plan = plan_for(name, function=caller)  # only now: what is refused or repeated is no match of a rule
            tag(job.arn, request.get("tags", ()), region)
            publish_status(job, job.status)
            self._runner.start(job)
        return admitted

    def stop(self, job: Job) -> None:
        """Ask to stop; a stranger's job has no thread that would do it."""
        job.stop()
        if job in self._strangers:
            job.end("Stopped")

    def strangers(self, model_id: str, count: int, region: str = REGION) -> list[Job]:
        """Make it so many jobs of somebody else with this model: they run until there shall be fewer."""
        model, slots = self._model(model_id)
        running = [job for job in self._strangers if not job.is_over and job.model.model_id == model.model_id]
        for job in running[count:]:
            self.stop(job)
        for _ in range(count - len(running)):
            request = _strange_request(model_id)
            job = Job(request, model, region, JobPlan(), publish_status)
            self.book.admit(job, slots=slots, by_right=True)
            self._strangers.append(job)
            publish_status(job, job.status)
            job.enter("InProgress")
        return [job for job in self._strangers if not job.is_over]

    def _model(self, identifier: str) -> tuple[Model, float]:
        """The foundation model and how many jobs of it may run at a time."""
        model = self._models.find(identifier)
        try:
            return model, self.quotas.limit("concurrent_jobs", model.model_id)
        except KeyError:
            raise ValidationError("Batch inference is not supported for the requested model.") from None


def _strange_request(model_id: str) -> dict[str, Any]:
    name = f"stranger-{secrets.token_hex(4)}"
    return {
        "jobName": name,
        "modelId": model_id,
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/stranger",
        "inputDataConfig": {"s3InputDataConfig": {"s3InputFormat": "JSONL", "s3Uri": f"s3://stranger/{name}.jsonl"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://stranger/output/"}},
    }
