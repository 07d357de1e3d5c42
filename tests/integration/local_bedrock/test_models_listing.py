"""The control plane: models and inference profiles of the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_the_catalogue_is_listed(control: Any) -> None:
    listed = {model["modelId"]: model for model in control.list_foundation_models()["modelSummaries"]}
    strict = listed["anthropic.claude-strict-v1:0"]
    assert strict["modelArn"] == "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-strict-v1:0"
    assert (strict["providerName"], strict["modelLifecycle"]) == ("Anthropic", {"status": "ACTIVE"})
    assert strict["inferenceTypesSupported"] == ["ON_DEMAND", "INFERENCE_PROFILE"]
    assert listed["amazon.nova-picky-v1:0"]["modelLifecycle"] == {"status": "LEGACY"}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"byProvider": "anthropic"}, ["anthropic.claude-strict-v1:0"]),
        ({"byOutputModality": "EMBEDDING"}, ["amazon.titan-embed-text-v2:0"]),
        ({"byInferenceType": "PROVISIONED"}, []),
        ({"byCustomizationType": "FINE_TUNING"}, []),
    ],
)
def test_filters(control: Any, filters: dict[str, str], found: list[str]) -> None:
    assert [model["modelId"] for model in control.list_foundation_models(**filters)["modelSummaries"]] == found


def test_one_model(control: Any) -> None:
    retired = control.get_foundation_model(modelIdentifier="anthropic.claude-instant-v1")["modelDetails"]
    assert retired["providerName"] == "Anthropic"
    with pytest.raises(ClientError, match="ValidationException"):
        control.get_foundation_model(modelIdentifier="nobody.knows-v1")


def test_profiles_come_in_pages(control: Any) -> None:
    first = control.list_inference_profiles(maxResults=1)
    second = control.list_inference_profiles(maxResults=1, nextToken=first["nextToken"])
    pages = first["inferenceProfileSummaries"] + second["inferenceProfileSummaries"]
    assert [profile["inferenceProfileId"] for profile in pages] == [
        "us.anthropic.claude-strict-v1:0",
        "global.anthropic.claude-strict-v1:0",
    ]
    assert "nextToken" not in second
    assert control.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"] == []


def test_one_profile(control: Any) -> None:
    profile = control.get_inference_profile(inferenceProfileIdentifier="us.anthropic.claude-strict-v1:0")
    assert profile["models"][0]["modelArn"].endswith("foundation-model/anthropic.claude-strict-v1:0")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        control.get_inference_profile(inferenceProfileIdentifier="moon.anthropic.claude-strict-v1:0")


def test_bad_filters_are_refused(control: Any) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        control.list_foundation_models(byOutputModality="SMELL")


def test_the_rest_of_moto_still_answers(control: Any, clients: Any) -> None:
    assert control.list_custom_models()["modelSummaries"] == []
    s3 = clients("s3")
    s3.create_bucket(Bucket="model")
    s3.put_object(Bucket="model", Key="x/converse", Body=b"an object, not a model")
    assert s3.get_object(Bucket="model", Key="x/converse")["Body"].read() == b"an object, not a model"
    assert clients("bedrock-agent").list_agents()["agentSummaries"] == []
