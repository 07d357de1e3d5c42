"""The role that Bedrock takes for batch inference jobs: it reads their input and writes their output, and no more."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.components.model_access import INVOKE, model_access
from stacks.components.python_function import PythonFunction
from stacks.components.security_rules import acknowledge, acknowledge_wildcard

_CREATE = "bedrock:CreateModelInvocationJob"


class BatchRole(iam.Role):
    """https://docs.aws.amazon.com/bedrock/latest/userguide/batch-iam-sr.html"""

    def __init__(self, scope: Construct, *, bucket: s3.IBucket, prefix: str, model_ids: Sequence[str]) -> None:
        stack = cdk.Stack.of(scope)
        self._jobs = stack.format_arn(service="bedrock", resource="model-invocation-job", resource_name="*")
        trusted = iam.ServicePrincipal(
            "bedrock.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {"aws:SourceArn": self._jobs},
            },
        )
        super().__init__(scope, "BatchRole", assumed_by=trusted)
        self._model_ids = model_ids
        for action, folder in (("s3:GetObject", "input"), ("s3:PutObject", "output")):
            objects = bucket.arn_for_objects(f"{prefix}*/{folder}/*")
            self.add_to_policy(iam.PolicyStatement(actions=[action], resources=[objects]))
            acknowledge_wildcard(self, objects, reason=f"runs have no names at deployment; only their {folder} folders")
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}*"]}},
            )
        )
        # A job through an inference profile calls the models of other Regions with this role.
        for statement in model_access(scope, model_ids=model_ids, actions=[INVOKE]):
            self.add_to_policy(statement)

    def let_submit(self, function: PythonFunction) -> None:
        """Let a function make jobs that take this role, look at them, and stop them."""
        for statement in model_access(function, model_ids=self._model_ids, actions=[_CREATE]):
            function.add_to_role_policy(statement)
        actions = (_CREATE, "bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob")
        function.allow(*actions, on=[self._jobs])
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
        function.allow("bedrock:ListModelInvocationJobs", on=["*"])
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}},
            )
        )
        if function.role is not None:
            acknowledge_wildcard(function.role, self._jobs, reason="jobs have no names at deployment")
            acknowledge(function.role, "IAM5[Resource::*]", reason="listing jobs is an action that takes no ARN")
