"""Events under faults: S3 to EventBridge, a rule to its target, a queue to its function."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from local.cloud import EventSources, deploy
from tests.integration.local_cloud.support import until, write_assembly

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 1}}


@pytest.fixture
def inbox(cloud, tmp_path, unique) -> Any:
    """A bucket whose events come to a queue; a function of messages received so far."""
    resources = {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": unique,
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
        "Queue": QUEUE,
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["aws.s3"], "detail": {"bucket": {"name": [{"Ref": "Bucket"}]}}},
                "Targets": [{"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
            },
        },
    }
    deployment = deploy(write_assembly(tmp_path / "out", {unique: {"Resources": resources}}), cloud)
    url = deployment.of_type("AWS::SQS::Queue")[0].physical_id
    cloud.client("s3").put_object(Bucket=unique, Key="probe", Body=b"x")
    return Inbox(cloud, unique, url)


class Inbox:
    def __init__(self, cloud: Any, bucket: str, url: str) -> None:
        self._s3, self._sqs, self._bucket, self._url = cloud.client("s3"), cloud.client("sqs"), bucket, url
        assert self.count() == 1

    def put(self) -> None:
        self._s3.put_object(Bucket=self._bucket, Key="k", Body=b"x")

    def count(self) -> int:
        names = ["ApproximateNumberOfMessages"]
        return int(self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"][names[0]])


@pytest.mark.parametrize("service", ["s3", "events"])
def test_an_event_can_be_lost(inbox, add, service: str) -> None:
    add("lost_event", service=service, operation="ObjectCreated", count=1)
    inbox.put()
    assert inbox.count() == 1
    inbox.put()
    assert inbox.count() == 2


@pytest.mark.parametrize("service", ["s3", "events"])
def test_an_event_can_come_twice(inbox, add, service: str) -> None:
    add("doubled_event", service=service, count=1)
    inbox.put()
    assert inbox.count() == 3


@pytest.mark.parametrize("service", ["s3", "events"])
def test_an_event_can_come_late(inbox, add, service: str) -> None:
    add("late_event", service=service, params={"ms": 300})
    inbox.put()
    assert inbox.count() == 1
    until(lambda: inbox.count() == 2)


@pytest.fixture
def fed(cloud, functions, tmp_path, unique) -> Any:
    """A queue that feeds a scripted function: (send, calls so far)."""
    resources = {
        "Queue": QUEUE,
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "h.h",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": "x"},
            },
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
    }
    deployment = deploy(write_assembly(tmp_path / "out", {unique: {"Resources": resources}}), cloud)
    name = deployment.of_type("AWS::Lambda::Function")[0].physical_id
    url = deployment.of_type("AWS::SQS::Queue")[0].physical_id
    functions.scripts[name] = lambda event: {"batchItemFailures": []}
    sources = EventSources(deployment, cloud, functions.invoke)
    sources.start()
    yield (
        lambda: cloud.client("sqs").send_message(QueueUrl=url, MessageBody="x"),
        lambda: len(functions.events_of(name)),
    )
    sources.close()


def test_a_delivery_can_come_twice(fed, add) -> None:
    send, calls = fed
    add("doubled_event", service="sqs")
    send()
    until(lambda: calls() == 2)


def test_a_lost_acknowledgement_brings_the_message_back(fed, add) -> None:
    send, calls = fed
    add("lost_event", service="sqs", count=1)
    send()
    until(lambda: calls() == 1)
    until(lambda: calls() == 2)
    assert not threading.Event().wait(1.5) and calls() == 2


def test_a_delivery_can_come_late(fed, add) -> None:
    send, calls = fed
    add("late_event", service="sqs", params={"ms": 300})
    send()
    assert calls() == 0
    until(lambda: calls() == 1)
