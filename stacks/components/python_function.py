"""One Lambda function for one handler file; every name derives from the handler's path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.components.built_asset import ROOT, built_code
from stacks.components.function_files import copy_files, fingerprint, function_files
from stacks.components.log_group import log_group
from stacks.components.security_rules import acknowledge_wildcard


def construct_name(handler: str) -> str:
    """`chat/turn` -> `ChatTurn`."""
    return "".join(word.capitalize() for word in handler.replace("_", "/").split("/"))


class PythonFunction(lambda_.Function):
    """`handler` is `<capability>/<verb>`, the file `lambdas/<capability>/<verb>_handler.py`."""

    def __init__(
        self,
        scope: Construct,
        *,
        handler: str,
        layers: Sequence[lambda_.ILayerVersion],
        memory_mb: int,
        timeout_seconds: int,
        environment: Mapping[str, str],
        log_retention_days: int,
    ) -> None:
        group = log_group(scope, f"{construct_name(handler)}Logs", retention_days=log_retention_days)
        super().__init__(
            scope,
            construct_name(handler),
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"lambdas.{handler.replace('/', '.')}_handler.handler",
            code=_code(scope, handler),
            layers=list(layers),
            memory_size=memory_mb,
            timeout=cdk.Duration.seconds(timeout_seconds),
            environment=dict(environment),
            log_group=group,
            role=_role(scope, handler, group),
        )
        self.handler_path = handler

    def allow(self, *actions: str, on: Sequence[str]) -> None:
        """Let the function do exactly these actions on exactly these ARNs."""
        self.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=list(on)))

    def allow_objects(self, *actions: str, bucket: s3.IBucket, prefix: str) -> None:
        """Let the function do exactly these actions on the objects whose keys begin with `prefix`."""
        objects = bucket.arn_for_objects(f"{prefix}*")
        self.allow(*actions, on=[objects])
        if self.role is not None:
            reason = f"objects are data and have no names at deployment; none outside {prefix} is within reach"
            acknowledge_wildcard(self.role, objects, reason=reason)


def _role(scope: Construct, handler: str, group: logs.LogGroup) -> iam.Role:
    """Of our own making: the managed basic role may write into every log group of the account."""
    role = iam.Role(scope, f"{construct_name(handler)}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    group.grant_write(role)
    return role


def _code(scope: Construct, handler: str) -> lambda_.Code:
    files = function_files(ROOT, handler)
    return built_code(
        scope,
        source=ROOT,
        fingerprint=fingerprint(ROOT, files),
        deployed_as="/var/task",
        build=lambda folder: copy_files(ROOT, files, folder),
    )
