"""The summarizing workflow as a Step Functions state machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.domain.execution import SummaryRun

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient


class StepFunctionsWorkflow:
    """`SummaryWorkflow`; a Standard execution's name stays taken for 90 days after its end, so nothing runs twice.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """

    def __init__(self, client: SFNClient, *, state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, run: SummaryRun) -> None:
        try:
            self._client.start_execution(
                stateMachineArn=self._state_machine_arn, name=run.execution, input=json.dumps(asdict(run))
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
