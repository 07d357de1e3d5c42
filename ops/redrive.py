"""`redrive`: sends dead letters back to the queue, or tries failed documents again."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import boto3

from lambdas.shared.adapters.aws_clients import dynamodb, s3, step_functions
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.dynamodb_documents_by_state import DynamoDbDocumentsByState
from lambdas.shared.adapters.s3_object_store import S3ObjectStore
from lambdas.shared.adapters.stepfunctions_workflow import StepFunctionsWorkflow
from lambdas.shared.domain.document import Document
from lambdas.shared.domain.timestamps import moment_from
from lambdas.shared.services.redrive_documents import RedriveDocuments
from lambdas.shared.services.retry_document import RetryDocument
from ops.dead_letters import DeadLetters
from ops.deployed_stacks import OpsError, stack_output
from ops.durations import duration

_MOST_SHOWN = 1000


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `redrive` to the command line."""
    redrive = groups.add_parser(
        "redrive", help="send the dead letters back to the queue, or try failed documents again (--failed)"
    )
    redrive.add_argument("--dry-run", action="store_true", help="only say what is there and what would be done")
    redrive.add_argument("--all", action="store_true", help="dead letters: also those that cannot be read")
    redrive.add_argument("--failed", action="store_true", help="try documents in state FAILED again, as new attempts")
    redrive.add_argument("--tenant", help="with --failed: only this tenant's")
    redrive.add_argument("--code", action="append", default=[], help="with --failed: only this error code (repeatable)")
    redrive.add_argument(
        "--since", type=_moment, help="with --failed: received since then: 90m, 24h, 7d, 2026-11-21 or a time with zone"
    )
    redrive.set_defaults(run=_redrive)


def _redrive(options: argparse.Namespace) -> None:
    if not options.failed and (options.tenant or options.code or options.since):
        raise OpsError("--tenant, --code and --since choose failed documents; add --failed")
    if options.failed and options.all:
        raise OpsError("--all is about dead letters; leave out --failed")
    (_failed_documents if options.failed else _dead_letters)(options)


def _dead_letters(options: argparse.Namespace) -> None:
    letters = DeadLetters(
        boto3.client("sqs"),
        url=stack_output("SummariesDeadLetterQueueUrl", stack_prefix=options.stack_prefix),
        queue_url=stack_output("SummariesQueueUrl", stack_prefix=options.stack_prefix),
    )
    if options.dry_run:
        found = letters.read(most=_MOST_SHOWN)
        more = f" (the first {_MOST_SHOWN:,} of about {letters.count():,})" if len(found) == _MOST_SHOWN else ""
        print(f"{_counted(len(found), 'dead letter')}{more}")
        _print_counts(letter.reason for letter in found)
        would = len(found) if options.all else sum(letter.readable for letter in found)
        print(f"would go back to the queue: {would}")
        return
    moved, left = letters.move_back(lambda letter: letter.readable or options.all)
    print(f"{_counted(len(moved), 'dead letter')} went back to the queue")
    _print_counts(letter.reason for letter in moved)
    if left:
        print(f"{_counted(len(left), 'dead letter')} stayed (--all takes those that cannot be read along)")
        _print_counts(letter.reason for letter in left)


def _failed_documents(options: argparse.Namespace) -> None:
    table = stack_output("DocumentsTableName", stack_prefix=options.stack_prefix)
    machine = stack_output("SummariesStateMachineArn", stack_prefix=options.stack_prefix)
    retry = RetryDocument(
        documents=DynamoDbDocumentStore(dynamodb(), table=table),
        objects=S3ObjectStore(s3()),
        workflow=StepFunctionsWorkflow(step_functions(), state_machine_arn=machine),
    )
    service = RedriveDocuments(documents=DynamoDbDocumentsByState(dynamodb(), table=table), retry=retry)
    chosen = service.choose(tenant=options.tenant, codes=options.code, since=options.since)
    print(_counted(len(chosen), "document"))
    _print_counts(f"{each.tenant}  {_standing(each)}" for each in chosen)
    if options.dry_run or not chosen:
        return
    refused = [each for each in service.redrive(chosen) if each.refusal]
    print(f"tried again: {len(chosen) - len(refused)}")
    for each in refused:
        print(f"  not {each.document.document_id} of {each.document.tenant}: {each.refusal}")


def _standing(document: Document) -> str:
    return document.failure.code if document.failure else "waits for its execution"


def _print_counts(reasons: Iterable[str]) -> None:
    for reason, count in Counter(reasons).most_common():
        print(f"{count:>7}  {reason}")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _moment(text: str) -> datetime:
    try:
        return moment_from(text)
    except ValueError:
        return datetime.now(UTC) - duration(text)
