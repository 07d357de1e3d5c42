"""The AwsSolutions rules of cdk-nag hold, or a construct says why it is otherwise; cfn-lint has nothing to add."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from cfnlint import lint
from cfnlint.config import ManualArgs

import app as quarry_app
from stacks.components.security_rules import SWITCH, check_security_rules, flat
from tests.infrastructure.assembly import Assembly, app_with, settings_with

REGIONS = ["us-east-1", "eu-central-1"]
IGNORED = {
    "W3005": "CDK lets a function wait for its role's policy, and names the role beside it: twice, but not wrong",
}


def app_of(folder: Path, **changes: Any) -> cdk.App:
    app: cdk.App = app_with(folder, settings_with(**changes))
    quarry_app.build(app)
    return app


TOLD = {"email": ["a@example.com"], "webhook_url": "https://hooks.example.com", "webhook_header": "X-Api-Key"}
OTHERWISE = {"retention": "destroy", "streaming": "off", "summaries_notifications": TOLD}


@pytest.mark.parametrize("changes", [{}, OTHERWISE], ids=["default", "changed"])
def test_every_security_rule_holds_or_is_answered_where_it_is_broken(tmp_path: Path, changes: dict[str, Any]) -> None:
    app = app_of(tmp_path, **changes)
    check_security_rules(app)
    app.synth()


def test_a_finding_that_nobody_answered_stops_the_synth(tmp_path: Path) -> None:
    app = app_with(tmp_path, settings_with())
    s3.Bucket(cdk.Stack(app, "Careless"), "Open", enforce_ssl=False)
    check_security_rules(app)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def test_the_local_stack_does_not_wait_for_the_rules(tmp_path: Path) -> None:
    app = app_with(tmp_path, settings_with())
    app.node.set_context(SWITCH, False)
    s3.Bucket(cdk.Stack(app, "Careless"), "Open", enforce_ssl=False)
    check_security_rules(app)
    app.synth()


def test_every_answer_says_why(tmp_path: Path) -> None:
    reasons = list(answers(app_of(tmp_path)))
    assert len(reasons) >= 10
    assert not [reason for reason in reasons if len(reason.split()) < 6]


def answers(app: cdk.App) -> Iterator[str]:
    for construct in app.node.find_all():
        for entry in construct.node.metadata:
            if entry.type == SWITCH:
                yield entry.data["reason"]
            elif entry.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY:
                yield from entry.data.values()


@pytest.mark.parametrize(
    ("arn", "written"),
    [
        ("arn:aws:s3:::shop/*", "arn:aws:s3:::shop/*"),
        ({"Fn::Join": ["", [{"Fn::GetAtt": ["Shop", "Arn"]}, "/work/*"]]}, "<Shop.Arn>/work/*"),
        ({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::*"]]}, "arn:<AWS::Partition>:s3:::*"),
        ({"Fn::GetStackOutput": {"StackName": "S"}}, '{"Fn::GetStackOutput":{"StackName":"S"}}'),
    ],
)  # fmt: skip
def test_wildcards_are_written_as_the_rules_write_them(arn: Any, written: str) -> None:
    assert flat(arn) == written


def lint_findings(assembly: Assembly) -> list[str]:
    config = ManualArgs(regions=REGIONS, ignore_checks=list(IGNORED))
    return [
        f"{path.name}: {match}"
        for path in sorted(assembly.folder.glob("*.template.json"))
        for match in lint(path.read_text(encoding="utf-8"), config=config)
    ]


def test_cfn_lint_finds_nothing(assembly: Assembly) -> None:
    assert not lint_findings(assembly)


def test_cfn_lint_finds_nothing_in_a_deployment_with_other_settings(changed: Assembly) -> None:
    assert not lint_findings(changed)
