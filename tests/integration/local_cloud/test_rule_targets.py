"""EventBridge rules deliver to queues, functions and state machines, and never lose an event without a word."""

from __future__ import annotations

import json
import logging

from tests.integration.local_cloud.support import ROLE_ARN, create_function, queue_arn, single, until


def rule(cloud, name, target, *, state="ENABLED"):
    events = cloud.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}), State=state)
    events.put_targets(Rule=name, Targets=[{"Id": "target", **target}])


def send(cloud, name, detail):
    entry = {"Source": name, "DetailType": "Probe", "Detail": json.dumps(detail)}
    assert cloud.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def received(cloud, url):
    client = cloud.client("sqs")
    return until(lambda: client.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"))[0]


def test_a_queue_gets_the_event_as_aws_sends_it(cloud, unique):
    url = cloud.client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    rule(cloud, unique, {"Arn": queue_arn(unique)})
    send(cloud, unique, {"n": 1})
    event = json.loads(received(cloud, url)["Body"])
    assert event["detail"] == {"n": 1}
    assert event["account"] == "123456789012"
    assert event["time"].endswith("Z")
    assert "ingestion-time" not in event


def test_a_function_gets_the_event(cloud, functions, unique):
    rule(cloud, unique, {"Arn": create_function(cloud, unique)})
    send(cloud, unique, {"n": 2})
    event = until(lambda: functions.events_of(unique))[0]
    assert (event["source"], event["detail"]) == (unique, {"n": 2})


def test_a_state_machine_gets_the_transformed_event(cloud, unique):
    client = cloud.client("stepfunctions")
    definition = json.dumps(single({"Type": "Pass"}))
    machine = client.create_state_machine(name=unique, definition=definition, roleArn=ROLE_ARN)["stateMachineArn"]
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"number": <n>}'}
    rule(cloud, unique, {"Arn": machine, "RoleArn": ROLE_ARN, "InputTransformer": transformer})
    send(cloud, unique, {"n": 3})
    execution = until(lambda: client.list_executions(stateMachineArn=machine)["executions"])[0]
    assert client.describe_execution(executionArn=execution["executionArn"])["input"] == '{"number": 3}'


def test_a_disabled_rule_sends_nothing(cloud, functions, unique):
    rule(cloud, unique, {"Arn": create_function(cloud, unique)}, state="DISABLED")
    send(cloud, unique, {})
    assert functions.events_of(unique) == []


def test_what_cannot_be_delivered_is_logged_and_goes_to_the_dead_letters(cloud, unique, caplog):
    dead = cloud.client("sqs").create_queue(QueueName=f"{unique}-dead")["QueueUrl"]
    target = {"Arn": queue_arn("no-such-queue"), "DeadLetterConfig": {"Arn": queue_arn(f"{unique}-dead")}}
    rule(cloud, unique, target)
    with caplog.at_level(logging.WARNING, logger="local.cloud"):
        send(cloud, unique, {"n": 4})
    assert "could not deliver an event to arn:aws:sqs:us-east-1:123456789012:no-such-queue" in caplog.text
    kept = received(cloud, dead)
    assert json.loads(kept["Body"])["detail"] == {"n": 4}
    assert kept["MessageAttributes"]["TARGET_ARN"]["StringValue"].endswith(":no-such-queue")


def test_targets_that_only_moto_knows_still_work(cloud, unique):
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=unique)
    rule(cloud, unique, {"Arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{unique}"})
    send(cloud, unique, {"n": 5})
    stream = logs.describe_log_streams(logGroupName=unique)["logStreams"][0]["logStreamName"]
    event = logs.get_log_events(logGroupName=unique, logStreamName=stream)["events"][0]
    assert json.loads(event["message"])["detail"] == {"n": 5}
