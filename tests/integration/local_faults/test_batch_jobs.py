"""Batch jobs under faults, as an orchestrator meets them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local.__main__ import main
from local.bedrock.batch.job_plan import JobPlan
from local.clock import set_time_scale
from local.faults.job_faults import JobFault
from tests.e2e.api import call
from tests.integration.local_bedrock.batch_house import MODEL, BatchHouse, converse_row
from tests.integration.local_cloud.support import until

ROWS = [converse_row(number) for number in range(20)]


@pytest.fixture
def house(cloud: Any, faults: Any, request: pytest.FixtureRequest) -> Iterator[BatchHouse]:
    """At a speed at which a stage lasts two milliseconds; ten records are enough."""
    set_time_scale(1000)
    call(cloud.endpoint_url, "POST", "/_quarry/quotas", {"minimum_records": 10})
    yield BatchHouse(cloud.client, f"faults-{request.node.name}")
    call(cloud.endpoint_url, "DELETE", "/_quarry/quotas")
    set_time_scale(1)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(row["recordId"] for row in rows)


@pytest.mark.parametrize(("when", "total"), [("validating", 0), ("running", 20)])
def test_a_job_fails_with_its_message_and_writes_nothing(house: BatchHouse, add, when: str, total: int) -> None:
    add("job_failed", params={"message": "Out of luck", "when": when})
    job = house.run(ROWS)
    assert (job["status"], job["message"], job["totalRecordCount"]) == ("Failed", "Out of luck", total)
    assert house.keys(job) == []


def test_a_job_expires_before_it_begins(house: BatchHouse, add) -> None:
    add("job_expired")
    job = house.run(ROWS)
    assert (job["status"], job["processedRecordCount"], house.keys(job)) == ("Expired", 0, [])


@pytest.mark.parametrize(("kind", "status"), [("job_stopped", "Stopped"), ("job_partial", "PartiallyCompleted")])
def test_a_job_ends_with_a_part_of_its_rows(house: BatchHouse, add, kind: str, status: str) -> None:
    add(kind, params={"percent": 30})
    job = house.run(ROWS)
    assert (job["status"], job["totalRecordCount"], job["processedRecordCount"]) == (status, 20, 6)
    assert len(house.output(job)) == 6 and house.manifest(job)["processedRecordCount"] == 6


def test_rows_get_errors_at_a_share(house: BatchHouse, add) -> None:
    add("error_rows", params={"percent": 25, "code": 429, "message": "Slow down"})
    job = house.run(ROWS)
    bad = [row for row in house.output(job) if "error" in row]
    assert (job["status"], job["successRecordCount"], job["errorRecordCount"]) == ("Completed", 15, 5)
    assert [row["error"] for row in bad] == [{"errorCode": 429, "errorMessage": "Slow down"}] * 5


def test_rows_go_missing(house: BatchHouse, add) -> None:
    add("missing_rows", params={"percent": 10})
    job = house.run(ROWS)
    assert len(ids(house.output(job))) == job["processedRecordCount"] == 18
    assert (job["status"], job["totalRecordCount"]) == ("Completed", 20)


def test_rows_come_twice(house: BatchHouse, add) -> None:
    add("doubled_rows", params={"percent": 20})
    job = house.run(ROWS)
    found = ids(house.output(job))
    assert (len(found), len(set(found)), job["processedRecordCount"]) == (24, 20, 20)


def test_the_same_seed_and_name_lose_the_same_rows_in_the_same_order(house: BatchHouse, add) -> None:
    add("missing_rows", seed=7, params={"percent": 30})
    rows = [row["recordId"] for row in house.output(house.run(ROWS, jobName=f"{house.name}-a"))]
    plan = JobPlan(f"{house.name}-a", (JobFault("missing_rows", {"percent": 30}, 7),))
    left = [place for place in plan.order(20) if place not in plan.rows("missing_rows", 20)]
    assert rows == [f"r{place}" for place in left]
    other = JobPlan(plan.name, (JobFault("missing_rows", {"percent": 30}, 8),))
    assert plan.rows("missing_rows", 20) != other.rows("missing_rows", 20)


def test_a_share_of_the_jobs_is_hit_by_name_and_by_function(house: BatchHouse, add, faults, cloud) -> None:
    add("job_expired", operation=f"{house.name}-x*")
    add("job_failed", function="BulkSubmit")
    assert house.run(ROWS)["status"] == "Completed"
    assert house.run(ROWS, jobName=f"{house.name}-x1")["status"] == "Expired"
    key: Any = {"aws_access_key_id": "local_BulkSubmit_0123abcd", "aws_secret_access_key": "x"}
    function = boto3.client("bedrock", endpoint_url=cloud.endpoint_url, region_name="us-east-1", **key)
    arn = function.create_model_invocation_job(**house.request())["jobArn"]
    assert house.finish(arn)["status"] == "Failed"
    assert [(rule.matched, rule.injected) for rule in faults.standing()] == [(1, 1), (1, 1)]


def test_a_slow_start_stays_scheduled(house: BatchHouse, add) -> None:
    add("job_slow_start", count=1, params={"ms": 600_000})
    house.put(ROWS)
    slow = house.submit()
    house.reaches(slow, "Scheduled")
    assert house.finish(house.submit())["status"] == "Completed"
    assert house.get(slow)["status"] == "Scheduled"
    house.bedrock.stop_model_invocation_job(jobIdentifier=slow)
    assert house.finish(slow)["status"] == "Stopped"


@pytest.mark.parametrize(
    ("kind", "params", "error"),
    [
        ("timeout", {"when": "after", "ms": 1}, ConnectionClosedError),
        ("server_error", {"when": "after"}, ClientError),
    ],
)
def test_a_submit_whose_answer_is_lost_has_made_the_job(house: BatchHouse, add, kind, params, error) -> None:
    add(kind, service="bedrock", operation="CreateModelInvocationJob", count=1, params=params)
    house.put(ROWS)
    request = house.request(clientRequestToken=f"token-{kind.replace('_', '-')}")
    with pytest.raises(error):
        house.bedrock.create_model_invocation_job(**request)
    (made,) = house.bedrock.list_model_invocation_jobs(nameContains=request["jobName"])["invocationJobSummaries"]
    assert house.bedrock.create_model_invocation_job(**request)["jobArn"] == made["jobArn"]
    assert house.finish(made["jobArn"])["status"] == "Completed"


def test_the_control_plane_is_throttled_by_operation_also_for_arns(house: BatchHouse, add) -> None:
    job = house.run(ROWS)
    for operation, method in (("Get*Job", "get_model_invocation_job"), ("Stop*", "stop_model_invocation_job")):
        add("throttle", service="bedrock", operation=operation, count=1)
        with pytest.raises(ClientError, match="ThrottlingException"):
            getattr(house.bedrock, method)(jobIdentifier=job["jobArn"])
    add("throttle", service="bedrock", operation="ListModelInvocationJobs", count=1)
    with pytest.raises(ClientError, match="ThrottlingException"):
        house.bedrock.list_model_invocation_jobs()


def test_strangers_take_slots_until_they_leave(house: BatchHouse, cloud, capsys) -> None:
    def strangers(count: int) -> str:
        arguments = ["faults", "--aws-port", str(cloud.port), "strangers", MODEL, str(count)]
        assert main(arguments) == 0
        return capsys.readouterr().out.strip()

    call(cloud.endpoint_url, "POST", "/_quarry/quotas", {"concurrent_jobs": 3})
    house.put(ROWS)
    arns = strangers(3).splitlines()
    assert len(arns) == 3
    with pytest.raises(ClientError, match="ServiceQuotaExceededException"):
        house.submit()
    listed = house.bedrock.list_model_invocation_jobs(statusEquals="InProgress")["invocationJobSummaries"]
    assert {job["jobArn"] for job in listed} == set(arns) and house.name not in listed[0]["jobName"]
    house.bedrock.stop_model_invocation_job(jobIdentifier=arns[0])
    assert house.get(arns[0])["status"] == "Stopped"
    assert house.finish(house.submit())["status"] == "Completed"
    assert strangers(0) == "no strangers"
    assert {house.get(arn)["status"] for arn in arns} == {"Stopped"}


def test_the_control_routes_say_what_is_wrong(house: BatchHouse, cloud) -> None:
    shown = call(cloud.endpoint_url, "GET", "/_quarry/quotas").json["quotas"]
    assert shown["Minimum number of records per batch inference job for Nova Lite V1"] == 10
    for path, body, words in (
        ("/_quarry/quotas", {"minimal": 1}, "there is no quota 'minimal'"),
        ("/_quarry/quotas", b"{", "Expecting"),
        ("/_quarry/batch-strangers", {"modelId": MODEL, "count": -1}, "is expected"),
        ("/_quarry/batch-strangers", {"modelId": "acme.none", "count": 1}, "not supported"),
    ):
        answer = call(cloud.endpoint_url, "POST", path, body)
        assert answer.status == 400 and words in answer.json["error"]
    assert call(cloud.endpoint_url, "PUT", "/_quarry/quotas", {}).status == 405
    assert call(cloud.endpoint_url, "GET", "/_quarry/batch-strangers").status == 405


@pytest.mark.parametrize(
    ("kind", "params", "heard"),
    [("lost_event", {}, 0), ("doubled_event", {}, 2), ("late_event", {"ms": 1000}, 1)],
)
def test_events_of_jobs_get_lost_doubled_and_late(house: BatchHouse, add, cloud, kind, params, heard: int) -> None:
    events, sqs = cloud.client("events"), cloud.client("sqs")
    url = sqs.create_queue(QueueName=house.name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.bedrock"], "detail": {"status": ["Completed"], "batchJobName": [{"prefix": house.name}]}}
    events.put_rule(Name=house.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=house.name, Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])

    def count() -> int:
        names = ["ApproximateNumberOfMessages"]
        return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][names[0]])

    add(kind, service="bedrock", operation="BatchInferenceJobStateChange", skip=4, params=params)
    house.run(ROWS)
    if kind == "late_event":
        assert count() == 0
    until(lambda: count() == heard)
