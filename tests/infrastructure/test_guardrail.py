"""The guardrail reaches the functions that call models, and those alone, in the way the settings say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stacks.settings import DeploymentSettings
from tests.infrastructure.assembly import Assembly, app_with, settings_with, synthesize, text_of
from tests.infrastructure.test_least_privilege import listed, permissions

ASK = "bedrock:ApplyGuardrail"
VERSION = "AWS::Bedrock::GuardrailVersion"
ASKING = {
    "chat/turn": "ChatTurn",
    "rag/answer": "RagAnswer",
    "summaries/infer": "SummariesInfer",
    "summaries/text": "SummariesText",
    "bulk/collect_shard": "BulkCollectShard",
    "bulk/sweep_part": "BulkSweepPart",
}


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Chat asks the guardrail, in asynchronous streams; summaries do not."""
    policy = {**settings_with()["guardrail"], "stream_mode": "async"}
    folder = tmp_path_factory.mktemp("cdk") / "unguarded"
    return synthesize(folder, settings_with(guardrail=policy, summaries_guardrail="none", bulk_guardrail="both"))


def fingerprint(folder: Path, **changes: Any) -> str:
    policy = {**settings_with()["guardrail"], **changes}
    return DeploymentSettings.from_context(app_with(folder, settings_with(guardrail=policy))).guardrail.fingerprint


@pytest.mark.parametrize("handler", ASKING)
def test_functions_that_call_models_know_the_published_version(assembly: Assembly, handler: str) -> None:
    environment = assembly.environment(handler)
    assert "Fn::GetStackOutput" in environment["GUARDRAIL_ID"]
    assert "Fn::GetStackOutput" in environment["GUARDRAIL_VERSION"]
    assert environment["GUARDRAIL_STREAM_MODE"] == "sync"
    policy = settings_with()["guardrail"]
    messages = [policy["blocked_input_message"], policy["blocked_output_message"]]
    assert json.loads(environment["GUARDRAIL_MESSAGES"]) == messages


def test_only_they_may_ask_and_only_this_guardrail(assembly: Assembly) -> None:
    asking = []
    for policy in assembly.of("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            if ASK in listed(statement["Action"]):
                asking.append(policy)
                assert listed(statement["Action"]) == [ASK]
                resources = listed(statement["Resource"])
                assert len(resources) == (2 if policy.path.startswith("RagAnswer") else 1)
                assert all("GuardrailArn" in text_of(resource) for resource in resources)
    assert len(asking) == len(ASKING)
    for name in ASKING.values():
        assert ASK in permissions(assembly, name)


def test_summaries_without_a_guardrail_may_not_ask_it(unguarded: Assembly) -> None:
    assert unguarded.environment("summaries/infer")["GUARDRAIL_ID"] == "none"
    assert ASK not in permissions(unguarded, "SummariesInfer")
    assert ASK in permissions(unguarded, "ChatTurn")
    assert ASK in permissions(unguarded, "BulkPrepareDocuments"), (
        "documents of bulk runs are assessed where it says both"
    )
    assert unguarded.environment("chat/turn")["GUARDRAIL_STREAM_MODE"] == "async"


def test_a_guardrail_that_is_not_applied_is_deployed_and_asked_nothing(tmp_path: Path) -> None:
    off = synthesize(tmp_path / "off", settings_with(guardrail={**settings_with()["guardrail"], "apply": "off"}))
    assert off.of("AWS::Bedrock::Guardrail")
    for handler, name in ASKING.items():
        assert off.environment(handler)["GUARDRAIL_ID"] == "none"
        assert ASK not in permissions(off, name)


def test_how_it_is_used_publishes_no_version_and_what_it_blocks_does(tmp_path: Path) -> None:
    before = fingerprint(tmp_path)
    assert fingerprint(tmp_path, stream_mode="async") == before
    assert fingerprint(tmp_path, apply="off") == before
    assert fingerprint(tmp_path, profanity=False) != before


def test_grounding_has_a_guardrail_of_its_own_with_the_thresholds_of_the_settings(
    assembly: Assembly, tmp_path: Path
) -> None:
    grounding = assembly.at("Grounding").properties
    filters = grounding["ContextualGroundingPolicyConfig"]["FiltersConfig"]
    assert {each["Type"]: each["Threshold"] for each in filters} == {"GROUNDING": 0.7, "RELEVANCE": 0.3}
    assert not {"ContentPolicyConfig", "WordPolicyConfig", "SensitiveInformationPolicyConfig"} & set(grounding)
    assert "Fn::GetStackOutput" in assembly.environment("rag/answer")["GROUNDING_ID"]
    rag = {**settings_with()["rag"], "grounding_check": "off", "grounding_threshold": 0.8}
    off = synthesize(tmp_path / "off", settings_with(rag=rag))
    assert off.environment("rag/answer")["GROUNDING_ID"] == "none"
    before, after = ({each.logical_id for each in each.of(VERSION)} for each in (assembly, off))
    assert len(before - after) == len(after - before) == 1
