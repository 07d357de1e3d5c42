"""The workflows' clock: waits and retry pauses are scaled, timeouts of real work are not cut short."""

from __future__ import annotations

import time

import pytest

from local.clock import set_time_scale
from local.cloud.seams import workflow_clock
from tests.integration.local_cloud.support import create_function, finish, run, single, start


@pytest.fixture
def fast():
    set_time_scale(1000)
    yield
    set_time_scale(1)


def test_a_long_wait_passes_quickly(cloud, fast, unique):
    assert run(cloud, unique, single({"Type": "Wait", "Seconds": 300}))["status"] == "SUCCEEDED"


def test_a_fraction_of_a_second_ends(cloud, fast, unique):
    state = {"Type": "Wait", "SecondsPath": "$.seconds"}
    assert run(cloud, unique, single(state), {"seconds": 1})["status"] == "SUCCEEDED"


def test_pauses_between_retries_pass_quickly(cloud, functions, fast, unique):
    attempts = []

    def third_time(_):
        attempts.append(1)
        if len(attempts) < 3:
            raise ValueError
        return {}

    functions.scripts[unique] = third_time
    retry = {"ErrorEquals": ["ValueError"], "IntervalSeconds": 100, "BackoffRate": 2, "MaxAttempts": 5}
    task = {"Type": "Task", "Resource": create_function(cloud, unique), "Retry": [retry]}
    assert run(cloud, unique, single(task))["status"] == "SUCCEEDED"


def test_a_stop_is_noticed_between_retries(cloud, functions, unique):
    functions.scripts[unique] = lambda _: {}["absent"]
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 600, "MaxAttempts": 5}
    task = {"Type": "Task", "Resource": create_function(cloud, unique), "Retry": [retry]}
    execution = start(cloud, unique, single(task))
    while not functions.events_of(unique):
        time.sleep(0.01)
    cloud.client("stepfunctions").stop_execution(executionArn=execution)
    assert finish(cloud, execution, seconds=5)["status"] == "ABORTED"


def test_a_task_times_out(cloud, functions, unique):
    functions.scripts[unique] = lambda _: time.sleep(3)
    task = {"Type": "Task", "Resource": create_function(cloud, unique), "TimeoutSeconds": 1}
    assert run(cloud, unique, single(task))["error"] == "States.Timeout"


def test_an_execution_times_out(cloud, unique):
    definition = {**single({"Type": "Wait", "Seconds": 60}), "TimeoutSeconds": 1}
    assert run(cloud, unique, definition)["status"] == "TIMED_OUT"


def test_timeouts_shrink_no_further_than_a_function_may_run(fast):
    assert workflow_clock.scaled_timeout(5) == 5
    assert workflow_clock.scaled_timeout(604_800) == 900


def test_a_scale_of_nothing_is_refused():
    with pytest.raises(ValueError, match="must be above 0"):
        set_time_scale(0)
