"""Lambda's Invoke API reaches the local functions, with Lambda's own answers for failures."""

from __future__ import annotations

import json
import logging

import pytest
from botocore.exceptions import ClientError

from local.cloud import set_invoker
from local.functions.results import InvokeRefusedError
from tests.integration.local_cloud.support import create_function, until


def test_a_function_answers(cloud, functions, unique):
    functions.scripts[unique] = lambda event: {"sum": event["a"] + event["b"]}
    arn = create_function(cloud, unique)
    answer = cloud.client("lambda").invoke(FunctionName=arn, Payload=b'{"a": 1, "b": 2}')
    assert json.load(answer["Payload"]) == {"sum": 3}
    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer


def test_a_failing_function_answers_200_with_its_error(cloud, functions, unique):
    functions.scripts[unique] = lambda _: {}["absent"]
    create_function(cloud, unique)
    answer = cloud.client("lambda").invoke(FunctionName=unique)
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorType"] == "KeyError"


def test_a_refusal_is_lambda_s_own_error(cloud, unique):
    def refuse(name, payload):
        raise InvokeRefusedError("TooManyRequestsException", 429, "Rate Exceeded.")

    create_function(cloud, unique)
    set_invoker(refuse)
    with pytest.raises(ClientError) as raised:
        cloud.client("lambda").invoke(FunctionName=unique)
    set_invoker(None)
    answer = raised.value.response
    assert answer["Error"]["Code"] == "TooManyRequestsException"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_an_event_is_accepted_at_once_and_run_later(cloud, functions, unique):
    create_function(cloud, unique)
    answer = cloud.client("lambda").invoke(FunctionName=unique, InvocationType="Event", Payload=b'{"n": 1}')
    assert answer["StatusCode"] == 202
    assert until(lambda: functions.events_of(unique)) == [{"n": 1}]


def test_a_failed_event_is_logged_by_its_class_and_without_its_text(cloud, functions, unique, caplog):
    def fail(_):
        raise ValueError("somebody's text")

    functions.scripts[unique] = fail
    create_function(cloud, unique)
    with caplog.at_level(logging.WARNING, logger="local.cloud"):
        cloud.client("lambda").invoke(FunctionName=unique, InvocationType="Event", Payload=b"{}")
        until(lambda: caplog.text)
    assert f"asynchronous invocation of {unique} failed: ValueError" in caplog.text
    assert "somebody" not in caplog.text


@pytest.mark.parametrize("name", ["no-such-function", "arn:aws:lambda:us-east-1:123456789012:function:none"])
def test_an_unknown_function_is_not_found(cloud, functions, name):
    with pytest.raises(ClientError) as caught:
        cloud.client("lambda").invoke(FunctionName=name)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_without_a_host_the_service_fails_and_not_the_function(cloud, unique):
    set_invoker(None)
    create_function(cloud, unique)
    with pytest.raises(ClientError) as caught:
        cloud.client("lambda").invoke(FunctionName=unique)
    assert caught.value.response["Error"]["Code"] == "ServiceException"


def test_a_host_may_be_named_instead_of_its_method(cloud, functions, unique):
    set_invoker(functions)
    create_function(cloud, unique)
    assert cloud.client("lambda").invoke(FunctionName=unique)["StatusCode"] == 200
