"""IAM statements that let a function call exactly the models of a list, by plain id or through inference profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.setting_rules import refuse

INVOKE = "bedrock:InvokeModel"
INVOKE_STREAMED = "bedrock:InvokeModelWithResponseStream"

# Where a geographic profile may send a request. A region too many opens nothing: each statement holds only for calls
# that come through its profile. https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
GEOGRAPHIES: Mapping[str, tuple[str, ...]] = {
    "us": ("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    "ca": ("ca-central-1", "ca-west-1", "us-east-1", "us-east-2", "us-west-2"),
    "eu": (
        "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
    ),
    "apac": (
        "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
        "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7",
        "me-central-1",
    ),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "us-gov": ("us-gov-east-1", "us-gov-west-1"),
}  # fmt: skip


# IAM takes 10,240 characters of inline policy for a role; the rest is for the function's other permissions.
_MOST_CHARACTERS = 8_000


def model_access(scope: Construct, *, model_ids: Sequence[str], actions: Sequence[str]) -> list[iam.PolicyStatement]:
    """Statements for all of `model_ids`. A model behind a profile cannot be called around it: its own ARN is allowed
    only to calls that come through one of the profiles."""
    stack = cdk.Stack.of(scope)
    by_prefix: dict[str, list[str]] = {}
    for model_id in sorted(model_ids):
        prefix = model_id.partition(".")[0]
        by_prefix.setdefault(prefix if prefix == "global" or prefix in GEOGRAPHIES else "", []).append(model_id)
    _check_size({prefix: len(ids) for prefix, ids in by_prefix.items()})
    statements: list[iam.PolicyStatement] = []
    for prefix, ids in by_prefix.items():
        if prefix == "":
            arns = [foundation_model(stack, model_id) for model_id in ids]
            statements.append(iam.PolicyStatement(actions=list(actions), resources=arns))
            continue
        profiles = [stack.format_arn(service="bedrock", resource="inference-profile", resource_name=id_) for id_ in ids]
        models = [id_.partition(".")[2] for id_ in ids]
        statements.append(iam.PolicyStatement(actions=list(actions), resources=profiles))
        statements += [
            iam.PolicyStatement(
                actions=list(actions),
                resources=[foundation_model(stack, model, region) for model in models for region in regions],
                conditions={"StringEquals": {"bedrock:InferenceProfileArn": profiles, **condition}},
            )
            for regions, condition in _destinations(stack, prefix)
        ]
    return statements


def _destinations(stack: cdk.Stack, prefix: str) -> list[tuple[Sequence[str], dict[str, str]]]:
    """Groups of regions, each with what else must hold. A global profile's request has no region of its own once it
    has left this one: https://docs.aws.amazon.com/bedrock/latest/userguide/global-cross-region-inference.html"""
    if prefix != "global":
        return [(GEOGRAPHIES[prefix], {})]
    return [
        ([stack.region], {"aws:RequestedRegion": stack.region}),
        ([""], {"aws:RequestedRegion": "unspecified"}),
    ]


def foundation_model(stack: cdk.Stack, model: str, region: str | None = None) -> str:
    """The model's own ARN; `region` None = the stack's."""
    region = stack.region if region is None else region
    return stack.format_arn(
        service="bedrock", region=region, account="", resource="foundation-model", resource_name=model
    )


def _check_size(counts: Mapping[str, int]) -> None:
    """By a generous estimate, 110 characters for an ARN; IAM itself would say it only in mid-deploy."""
    characters = 0
    for prefix, count in counts.items():
        regions = 2 if prefix == "global" else len(GEOGRAPHIES.get(prefix, ("",)))
        characters += 110 * count * (regions + (3 if prefix == "global" else 2 if prefix else 0))
    if characters > _MOST_CHARACTERS:
        raise refuse("quarry.models.allowed", "is too long for one IAM policy; remove models that nobody uses")
