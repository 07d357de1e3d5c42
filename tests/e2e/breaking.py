"""A running stack that breaks on request, and how tests look into it."""

from __future__ import annotations

from typing import Any

from tests.e2e.api import call, wait_for
from tests.e2e.conftest import RunningStack

# A call whose function died before it could say how it ended.
LOST = "uncertain, unsettled"


class Faults:
    """The control route of the running stack."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack

    def add(self, kind: str, **fields: Any) -> None:
        answer = call(self._stack.aws_url, "POST", "/_quarry/faults", {"kind": kind, **fields})
        assert answer.status == 201, answer.text

    def hits(self) -> list[int]:
        return [rule["injected"] for rule in call(self._stack.aws_url, "GET", "/_quarry/faults").json["rules"]]

    def clear(self) -> None:
        assert call(self._stack.aws_url, "DELETE", "/_quarry/faults").status == 200


def ledger(stack: RunningStack, reference: str) -> list[str]:
    """The outcomes of all calls for a conversation or document, in order of time; LOST where nobody settled one."""
    client = stack.client("dynamodb")
    pages = client.get_paginator("scan").paginate(TableName=stack.outputs["LedgerTableName"])
    items = [item for page in pages for item in page["Items"] if item.get("reference", {}).get("S") == reference]
    return [
        LOST if item.get("error_code", {}).get("S") == "unsettled" else item["outcome"]["S"]
        for item in sorted(items, key=lambda item: item["sk"]["S"])
    ]


def quiet(stack: RunningStack) -> None:
    """Wait until the queue is empty and no execution runs."""
    sqs, workflows = stack.client("sqs"), stack.client("stepfunctions")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def still() -> bool:
        waiting = sqs.get_queue_attributes(QueueUrl=stack.outputs["SummariesQueueUrl"], AttributeNames=names)
        running = workflows.list_executions(
            stateMachineArn=stack.outputs["SummariesStateMachineArn"], statusFilter="RUNNING"
        )
        return all(count == "0" for count in waiting["Attributes"].values()) and not running["executions"]

    wait_for(still, what="the pipeline to be quiet")
