"""`analyst-policy`: the deployment's policy for people who drop and read documents, written out for one tenant."""

from __future__ import annotations

import argparse
import json
from typing import Any

import boto3

from lambdas.shared.adapters.aws_clients import dynamodb
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from ops.deployed_stacks import OpsError, stack_output

_TAG = "aws:PrincipalTag/quarry-tenant"


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `analyst-policy` to the command line."""
    command = groups.add_parser(
        "analyst-policy", help="print an IAM policy that lets people drop documents and read summaries of one tenant"
    )
    command.add_argument("--tenant", required=True, help="whose inbox and summaries")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    table = stack_output("ClientsTableName", stack_prefix=options.stack_prefix)
    if not DynamoDbClientDirectory(dynamodb(), table=table).tenant_exists(options.tenant):
        raise OpsError(
            f"there is no tenant {options.tenant!r}, and its documents would go to the default tenant; first: "
            f"python -m ops keys create --tenant {options.tenant} --client ..."
        )
    arn = stack_output("AnalystPolicyArn", stack_prefix=options.stack_prefix)
    iam = boto3.client("iam")
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    print(json.dumps(for_tenant(document, options.tenant), indent=2))


def for_tenant(document: Any, tenant: str) -> Any:
    """The deployed document with the tenant in the place of the principal's tag, and without the condition on it."""
    written = json.loads(json.dumps(document).replace(f"${{{_TAG}}}", tenant))
    for statement in written["Statement"]:
        condition = statement["Condition"]["StringLike"]
        del condition[_TAG]
        if not condition:
            del statement["Condition"]
    return {"Version": written["Version"], "Statement": written["Statement"]}
