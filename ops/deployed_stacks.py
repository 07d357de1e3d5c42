"""Finds a deployment by the outputs of its CloudFormation stacks; AWS_ENDPOINT_URL leads to the local stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient


class OpsError(Exception):
    """A command cannot do what it was asked; the message says what to do."""


def stack_output(name: str, *, stack_prefix: str, client: CloudFormationClient | None = None) -> str:
    """The value of output `name` among the stacks whose names begin with `stack_prefix`.

    Raises OpsError when there is none (not deployed) or more than one (several deployments).
    """
    cloudformation: CloudFormationClient = client or boto3.client("cloudformation")
    found = {
        stack["StackName"]: output["OutputValue"]
        for page in cloudformation.get_paginator("describe_stacks").paginate()
        for stack in page["Stacks"]
        if stack["StackName"].startswith(stack_prefix)
        for output in stack.get("Outputs", [])
        if output["OutputKey"] == name
    }
    if not found:
        raise OpsError(
            f"no stack named {stack_prefix}* with the output {name} in {cloudformation.meta.region_name}; "
            "deploy first, or set AWS_REGION or --stack-prefix"
        )
    if len(found) > 1:
        raise OpsError(f"several deployments: {', '.join(sorted(found))}; choose one with --stack-prefix")
    return found.popitem()[1]
