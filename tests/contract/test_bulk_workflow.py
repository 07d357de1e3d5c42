"""The workflow of bulk runs: the fake and Step Functions; and what reads a source's sample in S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from lambdas.shared.adapters.s3_sample_documents import S3SampleDocuments
from lambdas.shared.adapters.stepfunctions_bulk_workflow import StepFunctionsBulkWorkflow
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.run_workflow import BulkWorkflow
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.object_store import ObjectMissingError
from tests.contract.test_bulk_stores import BARE
from tests.fakes.bulk import InMemoryBulkWorkflow
from tests.integration.documents.test_retry import inputs, make_state_machine


class Engine(NamedTuple):
    workflow: BulkWorkflow
    end: Callable[[str], object]


@pytest.fixture(params=["in-memory", "step-functions"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "in-memory":
        fake = InMemoryBulkWorkflow()
        yield Engine(fake, fake.end)
        return
    with mock_aws():
        arn = make_state_machine()
        client = boto3.client("stepfunctions")

        def end(name: str) -> None:
            found = client.list_executions(stateMachineArn=arn)["executions"]
            client.stop_execution(executionArn=next(each["executionArn"] for each in found if each["name"] == name))

        yield Engine(StepFunctionsBulkWorkflow(client, state_machine_arn=arn), end)


def test_an_attempt_is_absent_runs_and_ends_and_is_started_once(engine: Engine) -> None:
    assert engine.workflow.standing(BARE) == "absent"
    engine.workflow.start(BARE)
    engine.workflow.start(BARE)
    assert engine.workflow.standing(BARE) == "running"
    assert engine.workflow.standing(BARE._replace(attempt=2)) == "absent"
    engine.end(BARE.execution)
    engine.workflow.start(BARE)
    assert engine.workflow.standing(BARE) == "ended"


def test_an_execution_is_told_its_run_and_named_after_the_attempt() -> None:
    with mock_aws():
        arn = make_state_machine()
        StepFunctionsBulkWorkflow(boto3.client("stepfunctions"), state_machine_arn=arn).start(BARE._replace(attempt=3))
        assert inputs() == [{"run_id": "run_2", "name": "run_2-3"}]


def test_a_document_of_the_sample_is_read_and_a_missing_one_is_missing() -> None:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="archive")
        client.put_object(Bucket="archive", Key="a.txt", Body=b"text")
        documents = S3SampleDocuments(client)
        assert documents.content(Entry("archive", "a.txt", 4)) == b"text"
        with pytest.raises(ObjectMissingError):
            documents.content(Entry("archive", "b.txt", 4))


@pytest.mark.parametrize(
    ("code", "remedy"), [("AccessDenied", "bulk_sources"), ("PermanentRedirect", "Region"), ("NoSuchBucket", "name")]
)
def test_what_may_not_be_read_names_the_remedy(code: str, remedy: str) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error("get_object", code)
        with pytest.raises(InvalidInputError, match=remedy):
            S3SampleDocuments(client).content(Entry("archive", "a.txt", 4))
