"""Queues feed functions: batches, partial failures, dead letters, concurrency, speed."""

from __future__ import annotations

import threading
import time

import pytest

from local.clock import set_time_scale
from local.cloud import EventSources, deploy
from local.cloud.queue_poller import EventSource
from tests.integration.local_cloud.support import until, write_assembly


class Site:
    """A queue with dead letters that feeds the scripted function."""

    def __init__(self, cloud, deployment, functions):
        self.sqs = cloud.client("sqs")
        by_id = {resource.logical_id: resource for resource in deployment.resources}
        self.url, self.dead_url = by_id["Queue"].physical_id, by_id["Dead"].physical_id
        self.function = by_id["Function"].physical_id
        self.functions = functions
        self.sources = EventSources(deployment, cloud, functions.invoke)

    def send(self, *bodies, **options):
        return [self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **options)["MessageId"] for body in bodies]

    def batches(self):
        return [[record["body"] for record in event["Records"]] for event in self.functions.events_of(self.function)]

    def handled(self):
        return sorted(body for batch in self.batches() for body in batch)

    def depth(self, url=None):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url or self.url, AttributeNames=names)["Attributes"]
        return tuple(int(attributes[name]) for name in names)


@pytest.fixture
def site(cloud, functions, tmp_path, unique):
    made = []

    def build(*, visibility=30, receives=3, start=True, script=None, **mapping):
        resources = {
            "Dead": {"Type": "AWS::SQS::Queue"},
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "VisibilityTimeout": visibility,
                    "RedrivePolicy": {
                        "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                        "maxReceiveCount": receives,
                    },
                },
            },
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Handler": "h.h",
                    "Runtime": "python3.13",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"ZipFile": "x = 1"},
                },
            },
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                    "FunctionName": {"Ref": "Function"},
                    **mapping,
                },
            },
        }
        deployment = deploy(write_assembly(tmp_path / "out", {unique: {"Resources": resources}}), cloud)
        built = Site(cloud, deployment, functions)
        if script:
            functions.scripts[built.function] = script
        if start:
            built.sources.start()
        made.append(built)
        return built

    yield build
    for built in made:
        built.sources.close()


def fail(_):
    raise ValueError


def report(*bodies):
    def answer(event):
        failed = [record["messageId"] for record in event["Records"] if record["body"] in bodies]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}

    return answer


def test_a_record_has_the_shape_that_lambda_gives(site):
    built = site()
    attribute = {"color": {"DataType": "String", "StringValue": "red"}}
    (message_id,) = built.send("hello", MessageAttributes=attribute)
    until(built.batches)
    record = built.functions.events_of(built.function)[0]["Records"][0]
    assert record["messageId"] == message_id
    assert record["body"] == "hello"
    assert record["md5OfBody"] == "5d41402abc4b2a76b9719d911017c592"
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].startswith("arn:aws:sqs:us-east-1:123456789012:")
    assert record["awsRegion"] == "us-east-1"
    assert record["receiptHandle"]
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert set(record["attributes"]) >= {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"}
    assert record["messageAttributes"]["color"] == {
        "stringValue": "red",
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": "String",
    }


def test_a_success_deletes_its_messages(site):
    built = site()
    built.send("a", "b", "c")
    until(lambda: built.handled() == ["a", "b", "c"] and built.depth() == (0, 0))


def test_a_delayed_message_waits_by_the_local_clock(site):
    set_time_scale(600)
    try:
        built = site()
        built.send("later", DelaySeconds=600)
        until(lambda: built.handled() == ["later"])
    finally:
        set_time_scale(1)


def test_waiting_messages_come_in_one_batch_of_the_given_size(site):
    built = site(start=False, BatchSize=2)
    built.send("a", "b", "c")
    built.sources.start()
    until(lambda: built.handled() == ["a", "b", "c"])
    assert sorted(len(batch) for batch in built.batches()) == [1, 2]


def test_a_batching_window_collects(site):
    built = site(BatchSize=3, MaximumBatchingWindowInSeconds=5)
    for body in "abc":
        built.send(body)
    until(lambda: built.batches() == [["a", "b", "c"]])


def test_a_function_error_returns_the_whole_batch(site):
    built = site(script=fail)
    built.send("a")
    until(lambda: built.batches() and built.depth() == (0, 1))


def test_a_partial_failure_keeps_only_the_failed(site):
    built = site(start=False, script=report("b"), FunctionResponseTypes=["ReportBatchItemFailures"])
    built.send("a", "b", "c")
    built.sources.start()
    until(lambda: built.batches() and built.depth() == (0, 1))


def test_without_the_response_type_a_partial_answer_is_ignored(site):
    built = site(script=report("a"))
    built.send("a")
    until(lambda: built.batches() and built.depth() == (0, 0))


def test_a_message_that_keeps_failing_goes_to_the_dead_letters(site):
    built = site(visibility=1, receives=2, script=fail)
    built.send("poison")
    until(lambda: built.depth(built.dead_url) == (1, 0), seconds=15)
    assert built.batches() == [["poison"], ["poison"]]
    assert built.depth() == (0, 0)


def test_concurrency_has_its_limit(site):
    running, most, lock = [], [], threading.Lock()

    def slow(_):
        with lock:
            running.append(1)
            most.append(len(running))
        time.sleep(0.1)
        with lock:
            running.pop()

    built = site(script=slow, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    built.send(*"abcdef")
    until(lambda: built.depth() == (0, 0))
    assert max(most) == 2


def test_no_message_is_lost_while_others_are_deleted(site):
    built = site(BatchSize=1, ScalingConfig={"MaximumConcurrency": 8})
    senders = [threading.Thread(target=built.send, args=[f"{n}-{i}" for i in range(25)]) for n in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    until(lambda: built.depth() == (0, 0))
    assert built.handled() == sorted(f"{n}-{i}" for n in range(4) for i in range(25))


def test_a_message_reaches_an_idle_function_quickly(site):
    built = site()
    time.sleep(0.3)
    arrived = threading.Event()
    built.functions.scripts[built.function] = lambda _: arrived.set()
    built.send("now")
    assert arrived.wait(0.5)


def test_sending_does_not_run_the_function(site):
    built = site(start=False)
    built.send("a")
    assert built.batches() == []


def test_a_disabled_mapping_is_left_alone(site):
    built = site(Enabled=False)
    built.send("a")
    time.sleep(0.1)
    assert built.batches() == []


def test_closing_ends_the_polling(site):
    built = site()
    built.sources.close()
    built.send("late")
    time.sleep(0.1)
    assert built.batches() == []


def test_filters_are_refused_instead_of_ignored():
    properties = {"FunctionName": "f", "EventSourceArn": "arn", "FilterCriteria": {"Filters": []}}
    with pytest.raises(ValueError, match="not emulated"):
        EventSource.from_properties(properties)


@pytest.mark.parametrize("name", ["f", "arn:aws:lambda:us-east-1:123456789012:function:f", "arn:x:function:f:live"])
def test_functions_are_named_plainly(name):
    assert EventSource.from_properties({"FunctionName": name, "EventSourceArn": "arn"}).function_name == "f"
