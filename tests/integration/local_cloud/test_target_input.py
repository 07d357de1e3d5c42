"""What a target receives of an event, by EventBridge's rules."""

from __future__ import annotations

import json

import pytest

from local.cloud.seams.target_input import at_path, target_input

EVENT = {
    "id": "1",
    "detail-type": "Object Created",
    "time": "2026-11-21T08:00:00Z",
    "detail": {"object": {"key": 'a "quoted" 키', "size": 5}, "tags": ["x", "y"]},
}


def received(**target):
    return target_input(target, EVENT, rule_name="rule", rule_arn="arn:rule")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", EVENT),
        ("$.detail.object.size", 5),
        ("$.detail-type", "Object Created"),
        ("$.detail.tags[1]", "y"),
        ("$.detail['object'].size", 5),
        ("$.detail.tags[7]", None),
        ("$.detail.absent.deeper", None),
    ],
)
def test_paths(path, value):
    assert at_path(EVENT, path) == value


def test_the_whole_event_is_the_default():
    assert json.loads(received()) == EVENT


def test_a_constant_and_a_part():
    assert received(Input='{"a": 1}') == '{"a": 1}'
    assert json.loads(received(InputPath="$.detail.tags")) == ["x", "y"]


def test_a_template_takes_values_quoted_and_unquoted():
    paths = {"key": "$.detail.object.key", "object": "$.detail.object", "none": "$.absent"}
    template = '{"text": "got <key>!", "key": <key>, "object": <object>, "none": <none>, "r": <aws.events.rule-name>}'
    text = received(InputTransformer={"InputPathsMap": paths, "InputTemplate": template})
    assert json.loads(text) == {
        "text": 'got a "quoted" 키!',
        "key": 'a "quoted" 키',
        "object": {"key": 'a "quoted" 키', "size": 5},
        "none": None,
        "r": "rule",
    }


def test_the_reserved_variables_hold_the_event():
    template = '{"whole": <aws.events.event.json>, "head": <aws.events.event>}'
    value = json.loads(received(InputTransformer={"InputTemplate": template}))
    assert value["whole"] == EVENT
    assert "detail" not in value["head"]
