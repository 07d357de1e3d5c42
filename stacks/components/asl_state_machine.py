"""A Standard workflow whose definition is a file in statemachines/, with its functions' ARNs put into its tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.components.built_asset import ROOT
from stacks.components.bytecode import BuildError
from stacks.components.log_group import log_group
from stacks.components.python_function import PythonFunction, construct_name
from stacks.components.security_rules import acknowledge, acknowledge_wildcard

_TOKEN = re.compile(r"\$\{([A-Za-z0-9]+)\}")


class AslStateMachine(sfn.StateMachine):
    """`definition` names `statemachines/<definition>.asl.json`; every token in it must be one of `functions` or of
    `values`, and every one of these must have its token."""

    def __init__(
        self,
        scope: Construct,
        *,
        definition: str,
        functions: Sequence[PythonFunction],
        log_retention_days: int,
        values: Mapping[str, str] | None = None,
    ) -> None:
        text = (ROOT / "statemachines" / f"{definition}.asl.json").read_text(encoding="utf-8")
        arns = {f"{construct_name(function.handler_path)}FunctionArn": function.function_arn for function in functions}
        substitutions = {**arns, **(values or {})}
        check_tokens(definition, text, set(substitutions))
        name = construct_name(definition)
        super().__init__(
            scope,
            name,
            definition_body=sfn.DefinitionBody.from_string(text),
            definition_substitutions=substitutions,
            state_machine_type=sfn.StateMachineType.STANDARD,
            logs=sfn.LogOptions(
                destination=log_group(scope, f"{name}Logs", retention_days=log_retention_days),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        # A definition that comes as text brings no permissions with it.
        self.add_to_role_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=list(arns.values())))
        self._acknowledge()

    def _acknowledge(self) -> None:
        acknowledge(self, "SF2", reason="X-Ray is paid per trace; the log of all events has each step's times already")
        # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
        delivery = "log deliveries are resources of no service: these actions of CloudWatch Logs take no ARN"
        acknowledge(self, "IAM5[Resource::*]", reason=delivery)

    def allow_distributed_map(self, *, items_in: s3.IBucket, prefix: str) -> None:
        """Let it start executions of its own, and read their items from the objects under `prefix`.

        https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        """
        stack = cdk.Stack.of(self)
        executions = stack.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.state_machine_name}:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        objects = items_in.arn_for_objects(f"{prefix}*")
        # A policy of its own: in the role's default one the state machine would wait for itself.
        policy = iam.Policy(
            self,
            "DistributedMap",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.state_machine_arn]),
                iam.PolicyStatement(
                    actions=["states:DescribeExecution", "states:StopExecution"], resources=[executions]
                ),
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects]),
            ],
        )
        acknowledge_wildcard(policy, executions, reason="its own executions have no names at deployment")
        acknowledge_wildcard(policy, objects, reason=f"items are data; none outside {prefix} is within reach")


def check_tokens(definition: str, text: str, supplied: set[str]) -> None:
    """Raises BuildError unless the tokens in `text` are exactly the supplied ones."""
    wanted = set(_TOKEN.findall(text))
    if missing := sorted(wanted - supplied):
        raise BuildError(f"{definition}.asl.json names {', '.join(missing)}, but the stack has no such function")
    if unused := sorted(supplied - wanted):
        raise BuildError(f"{definition}.asl.json never calls {', '.join(unused)}")
