"""Batch inference jobs of Amazon Bedrock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.adapters.dynamodb_writes import is_error
from lambdas.shared.domain.bulk.batch_jobs import (
    BatchJobError,
    BatchOutcomeUnknownError,
    BatchQuotaFullError,
    BatchRefusedError,
    BatchThrottledError,
    JobRequest,
    JobStatus,
    JobView,
)

# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html#API_CreateModelInvocationJob_Errors
_THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException", "Throttling"})
_QUOTA, _CONFLICT, _UNKNOWN = "ServiceQuotaExceededException", "ConflictException", "ResourceNotFoundException"
_LONGEST_MESSAGE = 500
AnswerT = TypeVar("AnswerT")


class BedrockBatchJobs:
    """`BatchJobs`. `client` makes one attempt: the shard's row says what is tried again. `role_arn` is what Bedrock
    reads and writes the results bucket with; `hours` is how long a job may take (24 to 168)."""

    def __init__(self, client: Any, *, role_arn: str, bucket: str, hours: int) -> None:
        self._client = client
        self._role_arn = role_arn
        self._bucket = bucket
        self._hours = hours

    def submit(self, request: JobRequest) -> str:
        try:
            answer = self._client.create_model_invocation_job(
                jobName=request.name,
                clientRequestToken=request.name,
                roleArn=self._role_arn,
                modelId=request.model_id,
                modelInvocationType="Converse",
                inputDataConfig={"s3InputDataConfig": {"s3Uri": self._uri(request.input_prefix)}},
                outputDataConfig={"s3OutputDataConfig": {"s3Uri": self._uri(request.output_prefix)}},
                timeoutDurationInHours=self._hours,
            )
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and is_error(error, _CONFLICT):
                return self._submitted_before(request.name, error)
            raise _job_error(error) from error
        return str(answer["jobArn"])

    def find(self, name: str) -> JobView | None:
        def listed() -> list[JobView]:
            pages = self._client.get_paginator("list_model_invocation_jobs").paginate(nameContains=name)
            jobs = [job for page in pages for job in page.get("invocationJobSummaries", ())]
            return [_view(job) for job in jobs if job["jobName"] == name]  # the others are strangers'

        return next(iter(_asked(listed)), None)

    def look(self, job_id: str) -> JobView | None:
        try:
            return _view(self._client.get_model_invocation_job(jobIdentifier=job_id))
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and is_error(error, _UNKNOWN):
                return None
            raise _job_error(error) from error

    def stop(self, job_id: str) -> None:
        try:
            self._client.stop_model_invocation_job(jobIdentifier=job_id)
        except (ClientError, BotoCoreError) as error:
            # it has ended, or is gone: the next look says so
            if isinstance(error, ClientError) and (is_error(error, _CONFLICT) or is_error(error, _UNKNOWN)):
                return
            raise _job_error(error) from error

    def _submitted_before(self, name: str, error: ClientError) -> str:
        """A name is taken for ever; ours says whose it is."""
        job = self.find(name)
        if job is None:
            raise BatchOutcomeUnknownError(f"the name {name} is taken, but no such job is listed (yet)") from error
        return job.job_id

    def _uri(self, prefix: str) -> str:
        return f"s3://{self._bucket}/{prefix}"


def _asked(call: Callable[[], AnswerT]) -> AnswerT:
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        raise _job_error(error) from error


def _view(job: Any) -> JobView:
    """Counts stand in Get and List alike; message in both where there is one."""
    return JobView(
        job_id=job["jobArn"],
        name=job["jobName"],
        status=JobStatus(job["status"]),
        message=str(job.get("message", ""))[:_LONGEST_MESSAGE],
        processed=job.get("processedRecordCount"),
        succeeded=job.get("successRecordCount"),
        failed=job.get("errorRecordCount"),
    )


def _job_error(error: ClientError | BotoCoreError) -> BatchJobError:
    if not isinstance(error, ClientError):
        return BatchOutcomeUnknownError(f"Bedrock did not answer ({type(error).__name__})")
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    message = str(error.response.get("Error", {}).get("Message", ""))[:_LONGEST_MESSAGE]
    if code in _THROTTLED or status == 429:
        return BatchThrottledError(f"Bedrock is asked too often ({code})")
    if code == _QUOTA:
        return BatchQuotaFullError(f"as many batch jobs are in flight as this account may have: {message}")
    if code == _CONFLICT or status >= 500 or not status:
        return BatchOutcomeUnknownError(f"Bedrock failed ({code})")
    if status == 403:
        return BatchRefusedError(
            f"Bedrock does not let this deployment run batch jobs ({code}: {message}). Deploy all stacks together, so "
            "that the batch role and its permissions exist; and check in the Bedrock console that the model can be "
            "used in this Region. Then resume the run."
        )
    return BatchRefusedError(f"Bedrock refused the job ({code}): {message}")
