"""Finds what carries a deployment's tag, whether or not its stacks still stand."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.leftovers.buckets import Buckets
from ops.leftovers.kind import Kind, Size, tags_by_key
from ops.leftovers.log_groups import LogGroups
from ops.leftovers.queues import Queues
from ops.leftovers.tables import Tables
from ops.leftovers.vector_buckets import VectorBuckets

TAG = "quarry:deployment"
STACK_TAG = "aws:cloudformation:stack-id"  # CloudFormation's own; it stays when the stack is gone


@dataclass(frozen=True, slots=True)
class Leftover:
    """One stored thing. Without a `size`, `problem` says why it could not be measured."""

    kind: Kind
    name: str
    arn: str
    in_use: bool | None  # by a standing stack; None where AWS does not say
    size: Size | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that carries the tag. `others` counts what stores nothing, by the ARN's service."""

    region: str
    stacks: tuple[str, ...]
    leftovers: tuple[Leftover, ...]
    others: Mapping[str, int]


def session() -> boto3.Session:
    """The region that the CDK CLI takes: AWS_REGION goes first, though boto3 does not read it."""
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def take(name: str, aws: boto3.Session) -> Inventory:
    """What exists of deployment `name` in one region. Raises ClientError, BotoCoreError."""
    tagging: Any = aws.client("resourcegroupstaggingapi")
    tagged = {**_tagged(name, tagging), **VectorBuckets(aws.client("s3vectors")).tagged(TAG, name)}
    standing = _standing_stacks(name, aws, {tags.get(STACK_TAG, "") for tags in tagged.values()})
    kinds = all_kinds(aws)
    found: list[Leftover] = []
    others: Counter[str] = Counter()
    for arn in sorted(tagged):
        match = _kind_of(arn, kinds)
        if match is None:
            others[arn.split(":")[2]] += 1
            continue
        stack = tagged[arn].get(STACK_TAG)
        leftover = _measured(*match, arn, in_use=stack in standing if stack else None)
        if leftover:
            found.append(leftover)
    return Inventory(tagging.meta.region_name, tuple(sorted(standing.values())), tuple(found), others)


def all_kinds(aws: boto3.Session) -> tuple[Kind, ...]:
    """Everything that a deployment may leave behind."""
    return (
        Tables(aws.client("dynamodb")),
        Buckets(aws.client("s3")),
        Queues(aws.client("sqs")),
        LogGroups(aws.client("logs")),
        VectorBuckets(aws.client("s3vectors")),
    )


def _tagged(name: str, tagging: Any) -> dict[str, dict[str, str]]:
    """ARN -> tags. The index lags: it may still list what was deleted some minutes ago."""
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=[{"Key": TAG, "Values": [name]}])
    return {each["ResourceARN"]: tags_by_key(each["Tags"]) for page in pages for each in page["ResourceTagMappingList"]}


def _standing_stacks(name: str, aws: boto3.Session, of_resources: set[str]) -> dict[str, str]:
    """Id -> name of the deployment's stacks: those that made a tagged resource, and those that look like ours."""
    ours = re.compile(re.escape(name) + r"-[A-Za-z]+")  # `Quarry-Api`, not the `Quarry-Two-Api` of another deployment
    return {
        stack["StackId"]: stack["StackName"]
        for page in aws.client("cloudformation").get_paginator("describe_stacks").paginate()
        for stack in page["Stacks"]
        if stack["StackId"] in of_resources
        or (ours.fullmatch(stack["StackName"]) and stack.get("Description", "").startswith("Quarry: "))
    }


def _kind_of(arn: str, kinds: Sequence[Kind]) -> tuple[Kind, str] | None:
    for kind in kinds:
        if match := kind.arn.fullmatch(arn):
            return kind, match[1]
    return None


def _measured(kind: Kind, name: str, arn: str, *, in_use: bool | None) -> Leftover | None:
    """None when it is gone. One that cannot be looked into must not hide the others."""
    try:
        size = kind.size(name)
    except (ClientError, BotoCoreError) as error:
        return Leftover(kind, name, arn, in_use, None, str(error))
    return Leftover(kind, name, arn, in_use, size) if size else None
