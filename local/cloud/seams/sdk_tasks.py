"""`aws-sdk:*` tasks of state machines: parameters, results and error names follow botocore's service models."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
)

from local.cloud.seams.patching import replace
from local.cloud.seams.sdk_shapes import to_request, to_result

_SERVICE_NAMES = {
    "states": "stepfunctions",
    "bedrockruntime": "bedrock-runtime",
    "bedrockagent": "bedrock-agent",
    "bedrockagentruntime": "bedrock-agent-runtime",
    "cloudwatch": "cloudwatch",
    "eventbridge": "events",
    "servicequotas": "service-quotas",
}
# As they stand in error names, e.g. S3.NoSuchKeyException, BedrockRuntime.ThrottlingException.
_ERROR_PREFIXES = {
    "s3": "S3",
    "sqs": "Sqs",
    "sns": "Sns",
    "lambda": "Lambda",
    "bedrock": "Bedrock",
    "bedrockruntime": "BedrockRuntime",
    "bedrockagent": "BedrockAgent",
    "bedrockagentruntime": "BedrockAgentRuntime",
    "eventbridge": "EventBridge",
    "servicequotas": "ServiceQuotas",
    "ssm": "Ssm",
}


@cache
def _operation(service: str, action: str) -> OperationModel | None:
    model = botocore.session.get_session().get_service_model(service)
    name = next((name for name in model.operation_names if xform_name(name) == action), None)
    return model.operation_model(name) if name else None


def _model_of(task: Any, service: str | None, action: str | None) -> OperationModel | None:
    return _operation(task._get_boto_service_name(service), task._get_boto_service_action(action))


def _parameters(_: Any) -> Callable[..., None]:
    def normalise(
        self: Any,
        parameters: dict[str, Any],
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        operation = _model_of(self, boto_service_name, service_action_name)
        if operation is not None and operation.input_shape is not None:
            request = to_request(parameters, operation.input_shape)
            parameters.clear()
            parameters.update(request)

    return normalise


def _response(_: Any) -> Callable[..., None]:
    def normalise(
        self: Any, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
    ) -> None:
        operation = _model_of(self, boto_service_name, service_action_name)
        if operation is not None and operation.output_shape is not None and isinstance(response, dict):
            result = to_result(response, operation.output_shape)
            response.clear()
            response.update(result)

    return normalise


@cache
def install() -> None:
    """Fill the two empty methods of moto's service tasks, and its tables of names."""
    task = state_task_service.StateTaskService
    replace(task, "_normalise_parameters", _parameters)
    replace(task, "_normalise_response", _response)
    replace(task, "_SERVICE_NAME_SFN_TO_BOTO_OVERRIDES", lambda names: {**names, **_SERVICE_NAMES})
    replace(state_task_service_aws_sdk, "_SERVICE_ERROR_NAMES", lambda names: {**names, **_ERROR_PREFIXES})
