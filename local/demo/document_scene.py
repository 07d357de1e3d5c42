"""The demo's document: a PDF dropped into the bucket, its workflow followed state by state until the summary."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path
from typing import Any

from local.demo.client import ApiClient, ApiError
from local.demo.screen import Screen, dollars
from local.stack import LocalStack

WAIT_SECONDS = 60.0


def play(stack: LocalStack, api: ApiClient, screen: Screen, pdf: Path) -> dict[str, float | None]:
    """Drop `pdf`, follow its execution, print the stored summary; answers what it cost, in USD."""
    outputs = stack.outputs
    key = f"inbox/local/{pdf.name}"
    screen.heading(f"A document dropped into S3 ({pdf.name}, {pdf.stat().st_size // 1024} KB)")
    begin = time.monotonic()
    stack.client("s3").put_object(Bucket=outputs["DocumentsBucketName"], Key=key, Body=pdf.read_bytes())
    screen.line(f"s3://{outputs['DocumentsBucketName']}/{key}")
    _follow(stack.client("stepfunctions"), outputs["SummariesStateMachineArn"], screen, begin)
    document = _wait_for_end(api, key)
    if document["state"] != "SUMMARIZED":
        raise ApiError(f"the document ended as {document['state']}: {document.get('error')}")
    screen.note(f"{(time.monotonic() - begin) * 1000:.0f} ms from the drop to the summary")
    _print_summary(stack.client("s3"), outputs["ResultsBucketName"], screen)
    return {"summary of the PDF": document["cost_usd"]}


def _follow(client: Any, machine: str, screen: Screen, begin: float) -> None:
    """Print each state of the newest execution as it is entered, until the execution has ended."""
    execution = _wait_for_execution(client, machine)
    shown = 0
    while True:
        status = client.describe_execution(executionArn=execution)["status"]
        history = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        entered = [
            event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event
        ]
        for name in entered[shown:]:
            screen.line(f"{(time.monotonic() - begin) * 1000:6.0f} ms  {name}")
        shown = len(entered)
        if status != "RUNNING":
            screen.line(f"{(time.monotonic() - begin) * 1000:6.0f} ms  execution {status}")
            return
        time.sleep(0.02)


def _wait_for_execution(client: Any, machine: str) -> str:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        executions = client.list_executions(stateMachineArn=machine)["executions"]
        if executions:
            return str(max(executions, key=lambda execution: execution["startDate"])["executionArn"])
        time.sleep(0.02)
    raise ApiError("no execution was started for the document")


def _wait_for_end(api: ApiClient, key: str) -> Any:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        found = [item for item in api.get("/documents")["items"] if item["key"] == key]
        if found and found[0]["state"] in {"SUMMARIZED", "FAILED"}:
            return api.get(f"/documents/{found[0]['document_id']}")
        time.sleep(0.05)
    raise ApiError("the document did not end in time")


def _print_summary(s3: Any, bucket: str, screen: Screen) -> None:
    objects = s3.list_objects_v2(Bucket=bucket, Prefix="summaries/local/")["Contents"]
    markdown = next(item["Key"] for item in objects if item["Key"].endswith(".summary.md"))
    screen.line(f"s3://{bucket}/{markdown}")
    screen.line()
    for line in s3.get_object(Bucket=bucket, Key=markdown)["Body"].read().decode().splitlines():
        hanging = "    " if line.startswith("- ") else "  "
        screen.line(textwrap.fill(line, 110, initial_indent="  ", subsequent_indent=hanging))
    screen.line()


def print_costs(costs: dict[str, float | None], screen: Screen) -> None:
    """One line a step; the prices are AWS's list prices, nothing was billed here."""
    screen.heading("What each step would cost on AWS (tokens and guardrail at list price; nothing was billed here)")
    for step, cost in costs.items():
        screen.line(f"{step:<24} {dollars(cost)}")
