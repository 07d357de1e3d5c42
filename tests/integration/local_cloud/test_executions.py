"""StartExecution: names, idempotency, stopping."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.integration.local_cloud.support import ROLE_ARN, finish, single


@pytest.fixture
def machine(cloud, unique):
    def create(state):
        return cloud.client("stepfunctions").create_state_machine(
            name=unique, definition=json.dumps(single(state)), roleArn=ROLE_ARN
        )["stateMachineArn"]

    return create


def start(cloud, arn, name, data):
    return cloud.client("stepfunctions").start_execution(stateMachineArn=arn, name=name, input=data)["executionArn"]


def test_the_same_name_and_input_while_it_runs_is_the_same_execution(cloud, machine):
    arn = machine({"Type": "Wait", "Seconds": 60})
    first = start(cloud, arn, "once", '{"a":1}')
    assert start(cloud, arn, "once", '{"a":1}') == first
    assert len(cloud.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]) == 1
    cloud.client("stepfunctions").stop_execution(executionArn=first)


def test_another_input_under_the_same_name_is_refused(cloud, machine):
    arn = machine({"Type": "Wait", "Seconds": 60})
    first = start(cloud, arn, "once", '{"a":1}')
    with pytest.raises(ClientError) as caught:
        start(cloud, arn, "once", '{"a":2}')
    assert caught.value.response["Error"]["Code"] == "ExecutionAlreadyExists"
    cloud.client("stepfunctions").stop_execution(executionArn=first)


def test_a_name_stays_taken_after_the_end(cloud, machine):
    arn = machine({"Type": "Pass"})
    finish(cloud, start(cloud, arn, "once", "{}"))
    with pytest.raises(ClientError) as caught:
        start(cloud, arn, "once", "{}")
    assert caught.value.response["Error"]["Code"] == "ExecutionAlreadyExists"


def test_starters_at_the_same_time_make_one_execution(cloud, machine):
    arn = machine({"Type": "Wait", "Seconds": 60})
    with ThreadPoolExecutor(8) as pool:
        started = set(pool.map(lambda _: start(cloud, arn, "once", "{}"), range(16)))
    assert len(started) == 1
    assert len(cloud.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]) == 1
    cloud.client("stepfunctions").stop_execution(executionArn=started.pop())


def test_an_execution_without_a_name_gets_one(cloud, machine):
    arn = machine({"Type": "Pass"})
    client = cloud.client("stepfunctions")
    made = {client.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(2)}
    assert len(made) == 2
    assert not any(execution.endswith(":None") for execution in made)


def test_a_name_that_is_too_long_is_refused(cloud, machine):
    with pytest.raises(ClientError):
        start(cloud, machine({"Type": "Pass"}), "x" * 81, "{}")


def test_a_waiting_execution_can_be_stopped(cloud, machine):
    execution = start(cloud, machine({"Type": "Wait", "Seconds": 600}), "long", "{}")
    cloud.client("stepfunctions").stop_execution(executionArn=execution)
    assert finish(cloud, execution, seconds=5)["status"] == "ABORTED"
