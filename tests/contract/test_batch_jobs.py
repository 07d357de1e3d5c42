"""Batch jobs as Bedrock answers: what each error means for a shard."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from lambdas.shared.adapters.bedrock_batch_jobs import BedrockBatchJobs
from lambdas.shared.domain.bulk.batch_jobs import (
    BatchJobError,
    BatchOutcomeUnknownError,
    BatchQuotaFullError,
    BatchRefusedError,
    BatchThrottledError,
    JobRequest,
    JobStatus,
)

ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl"
ROLE = "arn:aws:iam::123456789012:role/batch"
NAME = "quarry-0123"
REQUEST = JobRequest(NAME, "amazon.nova-lite-v1:0", "bulk/r/input/", "bulk/r/output/")
SUMMARY: dict[str, Any] = {
    "jobArn": ARN,
    "jobName": NAME,
    "modelId": "amazon.nova-lite-v1:0",
    "roleArn": ROLE,
    "submitTime": 0,
    "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://results/bulk/r/input/"}},
    "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://results/bulk/r/output/"}},
}


class Bedrock:
    """A client whose answers are set beforehand, and checked against botocore's model of the service."""

    def __init__(self) -> None:
        self.client = boto3.client("bedrock", region_name="us-east-1")
        self.stub = Stubber(self.client)
        self.jobs = BedrockBatchJobs(self.client, role_arn=ROLE, bucket="results", hours=72)

    def fails(self, operation: str, code: str, status: int) -> None:
        self.stub.add_client_error(operation, code, "because", status)


@pytest.fixture
def bedrock() -> Any:
    made = Bedrock()
    with made.stub:
        yield made
        made.stub.assert_no_pending_responses()


def test_the_name_is_the_token_and_the_job_is_a_converse_job(bedrock: Bedrock) -> None:
    expected = {
        "jobName": NAME,
        "clientRequestToken": NAME,
        "roleArn": ROLE,
        "modelId": REQUEST.model_id,
        "modelInvocationType": "Converse",
        "inputDataConfig": SUMMARY["inputDataConfig"],
        "outputDataConfig": SUMMARY["outputDataConfig"],
        "timeoutDurationInHours": 72,
    }
    bedrock.stub.add_response("create_model_invocation_job", {"jobArn": ARN}, expected)
    assert bedrock.jobs.submit(REQUEST) == ARN


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 429, BatchThrottledError),
        ("ServiceQuotaExceededException", 400, BatchQuotaFullError),
        ("InternalServerException", 500, BatchOutcomeUnknownError),
        ("AccessDeniedException", 403, BatchRefusedError),
        ("ValidationException", 400, BatchRefusedError),
        ("ResourceNotFoundException", 404, BatchRefusedError),
    ],
)
def test_what_a_submit_is_answered_says_what_to_do(
    bedrock: Bedrock, code: str, status: int, error: type[BatchJobError]
) -> None:
    bedrock.fails("create_model_invocation_job", code, status)
    with pytest.raises(error):
        bedrock.jobs.submit(REQUEST)


def test_a_refusal_of_permission_says_how_to_mend_it(bedrock: Bedrock) -> None:
    bedrock.fails("create_model_invocation_job", "AccessDeniedException", 403)
    with pytest.raises(BatchRefusedError, match=r"Deploy all stacks together.* resume the run"):
        bedrock.jobs.submit(REQUEST)


def test_silence_means_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Bedrock()

    def silent(*_: object, **__: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://bedrock")

    monkeypatch.setattr(made.client, "create_model_invocation_job", silent)
    with pytest.raises(BatchOutcomeUnknownError):
        made.jobs.submit(REQUEST)


def test_a_name_that_is_taken_is_the_job_that_was_submitted_before(bedrock: Bedrock) -> None:
    bedrock.fails("create_model_invocation_job", "ConflictException", 409)
    strangers = {**SUMMARY, "jobName": f"{NAME}-copy", "jobArn": ARN.replace("abc", "xyz")}
    pages = {"invocationJobSummaries": [strangers, {**SUMMARY, "status": "Scheduled"}]}
    bedrock.stub.add_response("list_model_invocation_jobs", pages, {"nameContains": NAME})
    assert bedrock.jobs.submit(REQUEST) == ARN


def test_a_taken_name_that_is_not_listed_yet_is_looked_for_later(bedrock: Bedrock) -> None:
    bedrock.fails("create_model_invocation_job", "ConflictException", 409)
    bedrock.stub.add_response("list_model_invocation_jobs", {"invocationJobSummaries": []})
    with pytest.raises(BatchOutcomeUnknownError):
        bedrock.jobs.submit(REQUEST)


def test_a_job_is_found_by_its_whole_name_on_any_page(bedrock: Bedrock) -> None:
    strangers = {**SUMMARY, "jobName": f"{NAME}-copy"}
    bedrock.stub.add_response("list_model_invocation_jobs", {"invocationJobSummaries": [strangers], "nextToken": "2"})
    found = {**SUMMARY, "status": "Failed", "message": "no"}
    bedrock.stub.add_response("list_model_invocation_jobs", {"invocationJobSummaries": [found]})
    job = bedrock.jobs.find(NAME)
    assert job is not None and (job.job_id, job.status, job.message) == (ARN, JobStatus.FAILED, "no")


def test_a_look_tells_status_and_counts(bedrock: Bedrock) -> None:
    counts = {"processedRecordCount": 9, "successRecordCount": 7, "errorRecordCount": 2}
    bedrock.stub.add_response("get_model_invocation_job", {**SUMMARY, "status": "PartiallyCompleted", **counts})
    job = bedrock.jobs.look(ARN)
    assert job is not None and job.status is JobStatus.PARTIALLY_COMPLETED
    assert (job.processed, job.succeeded, job.failed) == (9, 7, 2)


def test_a_job_that_nobody_knows_is_none(bedrock: Bedrock) -> None:
    bedrock.fails("get_model_invocation_job", "ResourceNotFoundException", 404)
    assert bedrock.jobs.look(ARN) is None


@pytest.mark.parametrize("code", ["ConflictException", "ResourceNotFoundException"])
def test_a_job_that_has_ended_or_gone_needs_no_stopping(bedrock: Bedrock, code: str) -> None:
    bedrock.fails("stop_model_invocation_job", code, 409)
    bedrock.jobs.stop(ARN)


def test_a_stop_that_is_throttled_says_so(bedrock: Bedrock) -> None:
    bedrock.fails("stop_model_invocation_job", "ThrottlingException", 429)
    with pytest.raises(BatchThrottledError):
        bedrock.jobs.stop(ARN)
