"""The workflow of bulk runs as a Step Functions state machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_workflow import Standing

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient


class StepFunctionsBulkWorkflow:
    """`BulkWorkflow`; a Standard execution's name stays taken for 90 days after its end.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """

    def __init__(self, client: SFNClient, *, state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, run: BulkRun) -> None:
        try:
            self._client.start_execution(
                stateMachineArn=self._state_machine_arn, name=run.execution, input=json.dumps({"run_id": run.run_id})
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def standing(self, run: BulkRun) -> Standing:
        """An execution is forgotten 90 days after its end, which no run outlives."""
        arn = f"{self._state_machine_arn.replace(':stateMachine:', ':execution:', 1)}:{run.execution}"
        try:
            status = self._client.describe_execution(executionArn=arn)["status"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return "absent"
            raise
        return "running" if status in {"RUNNING", "PENDING_REDRIVE"} else "ended"
