"""Which ARNs are recognized, and which deployment this folder describes."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from ops.deployment_name import ROOT, configured_name
from ops.leftovers.inventory import all_kinds


@pytest.mark.parametrize(
    ("arn", "label", "name"),
    [
        ("arn:aws:dynamodb:us-east-1:123456789012:table/Quarry-T", "table", "Quarry-T"),
        ("arn:aws-cn:dynamodb:cn-north-1:123456789012:table/Quarry-T", "table", "Quarry-T"),
        ("arn:aws:s3:::quarry-b", "bucket", "quarry-b"),
        ("arn:aws:sqs:us-east-1:123456789012:Quarry-Q", "queue", "Quarry-Q"),
        ("arn:aws:s3vectors:us-east-1:123456789012:bucket/quarry-v", "vectors", "quarry-v"),
        ("arn:aws:s3vectors:us-east-1:123456789012:bucket/quarry-v/index/i", None, None),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/x", "log group", "/aws/lambda/x"),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/x:*", "log group", "/aws/lambda/x"),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/Quarry-T/index/by-time", None, None),
        ("arn:aws:s3:us-east-1:123456789012:accesspoint/quarry-b", None, None),
        ("arn:aws:s3:::quarry-b/object", None, None),
        ("arn:aws:lambda:us-east-1:123456789012:function:Quarry-F", None, None),
        ("arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s", None, None),
    ],
)
def test_only_whole_stored_things_are_recognized(arn: str, label: str | None, name: str | None) -> None:
    matches = [(kind.label, match[1]) for kind in all_kinds(boto3.Session()) if (match := kind.arn.fullmatch(arn))]
    assert matches == ([(label, name)] if label else [])


def test_the_usual_deployment_is_the_one_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {"quarry": {"name": "Ours"}}}))
    assert configured_name(tmp_path) == "Ours"
    assert configured_name() == json.loads((ROOT / "cdk.json").read_text())["context"]["quarry"]["name"]


@pytest.mark.parametrize("text", [None, "", "[]", '{"context": {}}'])
def test_without_settings_it_is_quarry(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "cdk.json").write_text(text)
    assert configured_name(tmp_path) == "Quarry"
