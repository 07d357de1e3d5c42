"""Models can be called in the way they are named, and in no other."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from stacks.components.model_access import INVOKE, INVOKE_STREAMED, model_access
from stacks.setting_rules import SettingsError
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.test_least_privilege import permissions

ENVIRONMENT = cdk.Environment(account="123456789012", region="us-east-1")
PROFILE = "arn:<AWS::Partition>:bedrock:us-east-1:123456789012:inference-profile/"


def statements(*model_ids: str) -> list[dict[str, Any]]:
    stack = cdk.Stack(cdk.App(), "Stack", env=ENVIRONMENT)
    made = model_access(stack, model_ids=model_ids, actions=[INVOKE])
    text = json.dumps(stack.resolve([each.to_statement_json() for each in made]))
    return json.loads(text.replace('{"Ref": "AWS::Partition"}', '"<AWS::Partition>"'))


def arns(statement: dict[str, Any]) -> list[str]:
    resources = statement["Resource"]
    return ["".join(each["Fn::Join"][1]) for each in (resources if isinstance(resources, list) else [resources])]


def condition(statement: dict[str, Any]) -> dict[str, Any]:
    equals = dict(statement["Condition"]["StringEquals"])
    through = equals["bedrock:InferenceProfileArn"]
    through = through if isinstance(through, list) else [through]
    return {**equals, "bedrock:InferenceProfileArn": ["".join(each["Fn::Join"][1]) for each in through]}


def test_a_plain_id_is_the_regions_own_model() -> None:
    (statement,) = statements("amazon.nova-lite-v1:0")
    assert arns(statement) == ["arn:<AWS::Partition>:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"]
    assert "Condition" not in statement


def test_a_geographic_profile_opens_its_destinations_only_to_calls_through_it() -> None:
    profile, models = statements("jp.amazon.nova-2-lite-v1:0")
    assert arns(profile) == [f"{PROFILE}jp.amazon.nova-2-lite-v1:0"]
    assert arns(models) == [
        f"arn:<AWS::Partition>:bedrock:{region}::foundation-model/amazon.nova-2-lite-v1:0"
        for region in ("ap-northeast-1", "ap-northeast-3")
    ]
    assert condition(models) == {"bedrock:InferenceProfileArn": [f"{PROFILE}jp.amazon.nova-2-lite-v1:0"]}


def test_a_global_profile_needs_the_regional_and_the_regionless_model() -> None:
    profile, regional, regionless = statements("global.amazon.nova-2-lite-v1:0")
    through = {"bedrock:InferenceProfileArn": [f"{PROFILE}global.amazon.nova-2-lite-v1:0"]}
    assert arns(profile) == [f"{PROFILE}global.amazon.nova-2-lite-v1:0"]
    assert arns(regional) == ["arn:<AWS::Partition>:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0"]
    assert condition(regional) == {**through, "aws:RequestedRegion": "us-east-1"}
    assert arns(regionless) == ["arn:<AWS::Partition>:bedrock:::foundation-model/amazon.nova-2-lite-v1:0"]
    assert condition(regionless) == {**through, "aws:RequestedRegion": "unspecified"}


def test_more_models_than_a_policy_can_hold_stop_the_synth() -> None:
    with pytest.raises(SettingsError, match=r"quarry\.models\.allowed"):
        statements(*(f"eu.some.model-{number}" for number in range(40)))


def test_chat_may_stream_and_a_summary_may_not(assembly: Assembly) -> None:
    assert {INVOKE, INVOKE_STREAMED} <= set(permissions(assembly, "ChatTurn"))
    assert INVOKE_STREAMED not in permissions(assembly, "SummariesInfer")


def test_no_other_function_may_call_a_model(assembly: Assembly) -> None:
    for name in ("AccessAuthorize", "ChatConversations", "DocumentsRead", "SummariesPrepare", "SummariesCollect"):
        assert not [action for action in permissions(assembly, name) if action.startswith("bedrock:")]
