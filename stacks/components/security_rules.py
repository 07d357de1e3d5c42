"""cdk-nag's AwsSolutions rules over the whole app, and how a construct answers one that it does not follow."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import jsii
from constructs import Construct, IConstruct

SWITCH = "quarry:security-rules"
_PACK = "AwsSolutions"
_REFERENCES = {"Fn::Join", "Fn::GetAtt", "Ref"}


def acknowledge(construct: IConstruct, rule: str, *, reason: str) -> None:
    """Let `construct`, and everything within it, break one rule ("S1"). The reason ends up in the synth's report."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"{_PACK}-{rule}", reason=reason))


def acknowledge_wildcard(construct: Construct, resource: str, *, reason: str) -> None:
    """Let the policies within `construct` name exactly this ARN with a `*` in it.

    cdk-nag writes the resolved ARN into the rule's id, and a reference to another stack is resolved only when the
    templates are written: so it is noted here, and acknowledged in mid-validation.
    """
    construct.node.add_metadata(SWITCH, {"resource": resource, "reason": reason})


def check_security_rules(app: cdk.App) -> None:
    """Make the synth fail on findings, unless the context switches it off: the local stack does, to start faster."""
    if app.node.try_get_context(SWITCH) is False:
        return
    from cdk_nag import AwsSolutionsChecks

    cdk.Validations.of(app).add_plugins(_WildcardAcknowledgements(), AwsSolutionsChecks(app))


@jsii.implements(cdk.IPolicyValidationPlugin)
class _WildcardAcknowledgements:
    """Runs before the rules, when every reference is resolved; finds nothing itself."""

    @property
    def name(self) -> str:
        return "wildcard-acknowledgements"

    @property
    def version(self) -> str:
        return "1"

    @property
    def rule_ids(self) -> list[str]:
        return []

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        for construct in context.app_construct.node.find_all():
            for entry in construct.node.metadata:
                if entry.type == SWITCH:
                    resolved = cdk.Stack.of(construct).resolve(entry.data["resource"])
                    rule = f"IAM5[Resource::{flat(resolved)}]"
                    acknowledge(construct, rule, reason=entry.data["reason"])
        return cdk.PolicyValidationPluginReport(success=True, violations=[])


def flat(value: Any) -> str:
    """An ARN as cdk-nag writes it into an id: `arn:<AWS::Partition>:s3:::<Bucket.Arn>/*`."""
    if isinstance(value, str):
        return re.sub(r"\$\{(.*?)\}", r"<\1>", value)
    (name,) = value if len(value) == 1 else [""]
    if name not in _REFERENCES:
        return json.dumps(value, separators=(",", ":"))
    argument = value[name]
    if name == "Fn::Join":
        return str(argument[0]).join(flat(part) for part in argument[1])
    return f"<{'.'.join(argument)}>" if name == "Fn::GetAtt" else f"<{argument}>"
