"""A Standard workflow whose definition is a file in statemachines/, with its functions' ARNs put into its tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.components.built_asset import ROOT
from stacks.components.bytecode import BuildError
from stacks.components.log_group import log_group
from stacks.components.python_function import PythonFunction, construct_name
from stacks.components.security_rules import acknowledge

_TOKEN = re.compile(r"\$\{([A-Za-z0-9]+)\}")


class AslStateMachine(sfn.StateMachine):
    """`definition` names `statemachines/<definition>.asl.json`; every token in it must be one of `functions`, and every
    function must have its token."""

    def __init__(
        self, scope: Construct, *, definition: str, functions: Sequence[PythonFunction], log_retention_days: int
    ) -> None:
        text = (ROOT / "statemachines" / f"{definition}.asl.json").read_text(encoding="utf-8")
        arns = {f"{construct_name(function.handler_path)}FunctionArn": function.function_arn for function in functions}
        check_tokens(definition, text, set(arns))
        name = construct_name(definition)
        super().__init__(
            scope,
            name,
            definition_body=sfn.DefinitionBody.from_string(text),
            definition_substitutions=arns,
            state_machine_type=sfn.StateMachineType.STANDARD,
            logs=sfn.LogOptions(
                destination=log_group(scope, f"{name}Logs", retention_days=log_retention_days),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        # A definition that comes as text brings no permissions with it.
        self.add_to_role_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=list(arns.values())))
        acknowledge(self, "SF2", reason="X-Ray is paid per trace; the log of all events has each step's times already")
        # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
        delivery = "log deliveries are resources of no service: these actions of CloudWatch Logs take no ARN"
        acknowledge(self, "IAM5[Resource::*]", reason=delivery)


def check_tokens(definition: str, text: str, supplied: set[str]) -> None:
    """Raises BuildError unless the tokens in `text` are exactly the supplied ones."""
    wanted = set(_TOKEN.findall(text))
    if missing := sorted(wanted - supplied):
        raise BuildError(f"{definition}.asl.json names {', '.join(missing)}, but the stack has no such function")
    if unused := sorted(supplied - wanted):
        raise BuildError(f"{definition}.asl.json never calls {', '.join(unused)}")
