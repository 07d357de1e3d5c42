"""A task whose function was not run fails as on AWS, `Lambda.TooManyRequestsException` and the like: moto calls every
refusal of Lambda's `Exception`, which no Retry of a definition for AWS can name.

https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, LambdaFunctionFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from local.cloud.seams.patching import replace


def _named_as_on_aws(original: Callable[..., Any]) -> Callable[..., Any]:
    def from_error(self: Any, env: Any, ex: Exception) -> Any:
        if not isinstance(ex, ClientError):
            return original(self, env, ex)
        error = f"Lambda.{ex.response['Error']['Code']}"
        details = LambdaFunctionFailedEventDetails(error=error, cause=ex.response["Error"]["Message"])
        return FailureEvent(
            env=env,
            error_name=CustomErrorName(error),
            event_type=HistoryEventType.LambdaFunctionFailed,
            event_details=EventDetails(lambdaFunctionFailedEventDetails=details),
        )

    return from_error


@cache
def install() -> None:
    """Wrap how a Lambda task turns an exception into an error's name."""
    replace(StateTaskLambda, "_from_error", _named_as_on_aws)
