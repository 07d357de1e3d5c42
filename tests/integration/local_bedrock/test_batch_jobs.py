"""Batch jobs as boto3 sees them: their life, their names and tokens, lists, quotas, stopping."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from local.clock import set_time_scale
from tests.integration.local_bedrock.batch_house import MODEL, BatchHouse, converse_row

ROWS = [converse_row(number) for number in range(10)]


@pytest.fixture
def slow(house: BatchHouse) -> BatchHouse:
    """Stages last minutes: jobs stay where they are until they are stopped."""
    set_time_scale(0.01)
    house.put(ROWS)
    return house


def refusal(house: BatchHouse, **fields: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        house.submit(**fields)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_job_says_what_it_was_asked_for_and_what_became_of_it(house: BatchHouse) -> None:
    job = house.run(ROWS, jobName="of-its-own", clientRequestToken="token-1", timeoutDurationInHours=36)
    assert job["status"] == "Completed" and "message" not in job
    assert (job["jobName"], job["modelId"], job["clientRequestToken"]) == ("of-its-own", MODEL, "token-1")
    assert (job["modelInvocationType"], job["timeoutDurationInHours"]) == ("Converse", 36)
    assert job["jobExpirationTime"] - job["submitTime"] == timedelta(hours=36)
    assert job["submitTime"] <= job["endTime"] == job["lastModifiedTime"]
    counts = ("totalRecordCount", "processedRecordCount", "successRecordCount", "errorRecordCount")
    assert [job[name] for name in counts] == [10, 10, 10, 0]
    assert house.get(job["jobArn"].rsplit("/", 1)[-1])["jobArn"] == job["jobArn"]


def test_invoke_model_is_the_type_unless_another_is_named(house: BatchHouse) -> None:
    request = house.request()
    del request["modelInvocationType"]
    house.put(ROWS)
    arn = house.bedrock.create_model_invocation_job(**request)["jobArn"]
    assert house.finish(arn)["modelInvocationType"] == "InvokeModel"


def test_a_repeated_token_answers_with_the_first_job_also_when_it_is_dead(house: BatchHouse) -> None:
    job = house.run(ROWS[:3], clientRequestToken="again")
    assert job["status"] == "Failed"
    assert house.submit(clientRequestToken="again", jobName="another-name") == job["jobArn"]
    assert house.bedrock.list_model_invocation_jobs(nameContains="another-name")["invocationJobSummaries"] == []


def test_a_name_is_taken_for_ever(house: BatchHouse) -> None:
    name = house.run(ROWS)["jobName"]
    assert refusal(house, jobName=name) == ("ConflictException", "The provided job name is currently in use.")


def test_the_concurrent_jobs_of_a_model_are_limited(slow: BatchHouse, quotas: Any) -> None:
    quotas.set({"concurrent_jobs": 2})
    running = [slow.submit(), slow.submit(modelId=f"us.{MODEL}")]
    code, message = refusal(slow)
    assert code == "ServiceQuotaExceededException" and "maximum number of in-progress" in message
    other = slow.submit(modelId="amazon.nova-micro-v1:0")
    slow.bedrock.stop_model_invocation_job(jobIdentifier=running[0])
    slow.finish(running[0])
    for arn in (running[1], other, slow.submit()):
        slow.bedrock.stop_model_invocation_job(jobIdentifier=arn)


def test_a_job_is_stopped_wherever_it_is(slow: BatchHouse) -> None:
    arn = slow.submit()
    slow.bedrock.stop_model_invocation_job(jobIdentifier=arn)
    job = slow.finish(arn)
    assert job["status"] == "Stopped" and slow.keys(job) == []
    with pytest.raises(ClientError, match=r"ConflictException.*Stopped"):
        slow.bedrock.stop_model_invocation_job(jobIdentifier=arn)


def test_a_job_of_nobody_is_not_found(house: BatchHouse) -> None:
    for call in (house.bedrock.get_model_invocation_job, house.bedrock.stop_model_invocation_job):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            call(jobIdentifier="abcdefghij12")
        with pytest.raises(ClientError, match="ValidationException"):
            call(jobIdentifier="no-such-form")


def test_lists_are_filtered_sorted_and_paged(house: BatchHouse) -> None:
    house.put(ROWS)
    arns = [house.submit(jobName=f"{house.name}-{letter}") for letter in "abc"]
    for arn in arns:
        house.finish(arn)

    def found(**filters: Any) -> list[str]:
        pages = house.bedrock.get_paginator("list_model_invocation_jobs").paginate(
            **{"nameContains": house.name, **filters}, PaginationConfig={"PageSize": 2}
        )
        return [job["jobArn"] for page in pages for job in page["invocationJobSummaries"]]

    assert found() == arns[::-1]
    assert found(sortBy="CreationTime", sortOrder="Ascending") == arns
    assert found(nameContains=f"{house.name}-b") == [arns[1]]
    assert (found(statusEquals="Completed"), found(statusEquals="Expired")) == (arns[::-1], [])
    middle = house.get(arns[1])["submitTime"]
    assert found(submitTimeAfter=middle) == [arns[2]]
    assert found(submitTimeBefore=middle) == [arns[0]]
    summary = house.bedrock.list_model_invocation_jobs(nameContains=house.name, maxResults=1)
    described = house.get(arns[2])
    del described["ResponseMetadata"]
    assert summary["invocationJobSummaries"] == [described] and summary["nextToken"]


def test_tags_are_kept(house: BatchHouse) -> None:
    house.put(ROWS)
    arn = house.submit(tags=[{"key": "run", "value": "7"}])
    assert house.bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "run", "value": "7"}]
    house.finish(arn)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"jobName": "under_scored"}, "jobName"),
        ({"jobName": "a" + "-" * 61 + "_"}, "jobName"),
        ({"roleArn": "nobody"}, "roleArn"),
        ({"clientRequestToken": "a b"}, "clientRequestToken"),
        ({"modelInvocationType": "Stream"}, "modelInvocationType"),
        ({"timeoutDurationInHours": 169}, "timeoutDurationInHours"),
        ({"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "https://x"}}}, "s3Uri"),
        ({"modelId": "acme.unheard-of-v1"}, "Batch inference is not supported for the requested model."),
    ],
)
def test_bad_requests_name_the_field(house: BatchHouse, fields: dict[str, Any], words: str) -> None:
    code, message = refusal(house, **fields)
    assert code == "ValidationException" and words in message


def test_a_timeout_below_a_day_and_a_missing_role_do_not_even_leave_the_client(house: BatchHouse) -> None:
    for change in ({"timeoutDurationInHours": 23}, {"roleArn": None}):
        with pytest.raises(ParamValidationError):
            house.submit(**change)


def test_a_job_that_gets_no_turn_in_time_expires(house: BatchHouse) -> None:
    house.put(ROWS)
    set_time_scale(1e12)  # a day passes before the job has read its input
    job = house.finish(house.submit())
    assert (job["status"], house.keys(job)) == ("Expired", [])
