"""`doctor`: looks at a deployment's health, and says what it costs a month while nobody uses it."""

from __future__ import annotations

import argparse
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3

from ops.deployed_stacks import OpsError
from ops.knowledge import idle_usd

_HEALTHY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
_DEAD_LETTERS = "DeadLetterQueueUrl"
_HEALTH_SECONDS = 10


class Finding(NamedTuple):
    """`remedy` is empty where all is well."""

    what: str
    remedy: str = ""


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `doctor` to the command line."""
    doctor = groups.add_parser("doctor", help="whether the deployment is well, and what it costs while it is idle")
    doctor.add_argument("--api-url", help="where the API answers, if not at the output ApiUrl (the local stack's does)")
    doctor.set_defaults(run=_doctor)


def _doctor(options: argparse.Namespace) -> None:
    findings = list(examine(options.stack_prefix, api_url=options.api_url))
    for finding in findings:
        print(f"{'!!' if finding.remedy else 'ok'}  {finding.what}{f': {finding.remedy}' if finding.remedy else ''}")
    wrong = sum(bool(finding.remedy) for finding in findings)
    if wrong:
        raise OpsError(f"{wrong} of {len(findings)} findings want attention")


def examine(stack_prefix: str, *, api_url: str | None = None) -> Iterator[Finding]:
    """Everything that can be seen from outside, with one API call or two each."""
    identity = boto3.client("sts").get_caller_identity()
    cloudformation = boto3.client("cloudformation")
    yield Finding(f"account {identity['Account']}, {cloudformation.meta.region_name}")
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    stacks = [each for page in pages for each in page["Stacks"] if each["StackName"].startswith(stack_prefix)]
    if not stacks:
        yield Finding(f"no stack named {stack_prefix}*", "deploy first, or set AWS_REGION or --stack-prefix")
        return
    yield from map(_stack, sorted(stacks, key=lambda each: each["StackName"]))
    outputs = {each["OutputKey"]: each["OutputValue"] for stack in stacks for each in stack.get("Outputs", ())}
    yield from _dead_letters(outputs)
    yield from _health(api_url or outputs.get("ApiUrl"))
    yield _idle(outputs)


def _stack(stack: Any) -> Finding:
    status = str(stack["StackStatus"])
    remedy = "" if status in _HEALTHY else "look at its events in CloudFormation, then deploy again"
    return Finding(f"stack {stack['StackName']} is {status}", remedy)


def _dead_letters(outputs: dict[str, str]) -> Iterator[Finding]:
    sqs = boto3.client("sqs")
    for name in sorted(each for each in outputs if each.endswith(_DEAD_LETTERS)):
        answer = sqs.get_queue_attributes(QueueUrl=outputs[name], AttributeNames=["ApproximateNumberOfMessages"])
        count = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        owner = name.removesuffix(_DEAD_LETTERS)
        way = "python -m ops redrive" if owner == "Summaries" else "python -m ops knowledge sync, then empty the queue"
        yield Finding(f"{count:,} dead letters of {owner}", f"bring them back: {way}" if count else "")


def _health(url: str | None) -> Iterator[Finding]:
    if url is None:
        return
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/health", timeout=_HEALTH_SECONDS) as answer:  # noqa: S310
            answer.read()
        yield Finding(f"{url} answers /health")
    except (urllib.error.URLError, OSError, ValueError) as error:
        yield Finding(f"{url} does not answer /health", f"{error}; look at the API's stage")


def _idle(outputs: dict[str, str]) -> Finding:
    """Stored data comes on top; `ops knowledge price` compares the vector stores."""
    store = outputs.get("KnowledgeVectorStore", "none")
    usd = idle_usd(store)
    what = f"vector store {store}: ${usd:,.2f} a month while nobody asks"
    return Finding(f"{what}; everything else is billed by use" if not usd else f"{what}, everything else by use")
