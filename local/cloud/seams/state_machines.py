"""State machines that CloudFormation makes are executable, with their definition from text, object or S3 file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import moto.stepfunctions.models as models
from moto.core.config import default_user_config
from moto.s3.models import s3_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.cloud.seams.patching import replace

_TOKEN = re.compile(r"\$\{([^}]+)\}")


def substitute(definition: str, substitutions: Mapping[str, Any]) -> str:
    """Fill `${Token}` by `DefinitionSubstitutions`; a token without a value is an error, as on AWS.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachine.html
    """

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in substitutions:
            raise ValueError(f"the definition's ${{{name}}} has no value in DefinitionSubstitutions")
        value = substitutions[name]
        text = value if isinstance(value, str) else json.dumps(value)
        return json.dumps(text)[1:-1]

    return _TOKEN.sub(value_of, definition)


def _definition(properties: Mapping[str, Any], account: str) -> str:
    if "DefinitionString" in properties:
        text = str(properties["DefinitionString"])
    elif "Definition" in properties:
        text = json.dumps(properties["Definition"])
    elif "DefinitionS3Location" in properties:
        place = properties["DefinitionS3Location"]
        key = s3_backends[account]["aws"].get_object(place["Bucket"], place["Key"])
        if key is None:
            raise ValueError(f"the definition s3://{place['Bucket']}/{place['Key']} does not exist")
        text = key.value.decode()
    else:
        raise ValueError("the state machine has no definition")
    return substitute(text, properties.get("DefinitionSubstitutions", {}))


def _with_definition(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, *args: Any, **kw: Any) -> Any:
        properties = dict(cloudformation_json["Properties"])
        properties["DefinitionString"] = _definition(properties, account_id)
        machine = original(cls, resource_name, {"Properties": properties}, account_id, *args, **kw)
        machine.type = machine.sm_type = properties.get("StateMachineType", "STANDARD")
        return machine

    return create


@cache
def install() -> None:
    """Choose moto's executing backend, also for CloudFormation, and complete the definition."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    replace(models, "stepfunctions_backends", lambda _: stepfunctions_parser_backends)
    replace(models.StateMachine, "create_from_cloudformation_json", _with_definition)
