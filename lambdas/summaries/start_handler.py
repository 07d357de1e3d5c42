"""Starts a workflow for each dropped object, and ends the documents of deleted ones: SQS batches of S3's events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.s3_object_events import object_event_from
from lambdas.shared.adapters.stepfunctions_workflow import StepFunctionsWorkflow
from lambdas.shared.domain.dropped_object import DeletedObject
from lambdas.shared.runtime.observability import InvocationLog
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.drop_register import DropRegister
from lambdas.shared.services.start_summary import StartSummary


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str
    clients_table: str
    state_machine_arn: str
    default_tenant: str


@cache
def build_service() -> StartSummary:
    settings = load_settings(Settings)
    return StartSummary(
        register=DropRegister(
            documents=DynamoDbDocumentStore(aws_clients.dynamodb(), table=settings.documents_table),
            clients=DynamoDbClientDirectory(aws_clients.dynamodb(), table=settings.clients_table),
            default_tenant=settings.default_tenant,
        ),
        workflow=StepFunctionsWorkflow(aws_clients.step_functions(), state_machine_arn=settings.state_machine_arn),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Only the failed messages come back, and end in the dead-letter queue if they keep failing.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    failed = [record["messageId"] for record in event["Records"] if not _handle(record, context)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _handle(record: dict[str, Any], context: Any) -> bool:
    log = InvocationLog(
        request_id=str(getattr(context, "aws_request_id", "")), message_id=record["messageId"], outcome="failed"
    )
    try:
        event = object_event_from(record["body"])
        if isinstance(event, DeletedObject):
            log.add(document_id=event.version.document_id)
            log.add(outcome=build_service().delete(event))
        else:
            log.add(document_id=event.document_id)
            log.add(outcome=build_service().start(event))
    except msgspec.DecodeError as error:  # says what is missing and where, without any value
        log.add(failed=True, code="malformed_event", detail=str(error))
        return False
    except Exception as error:  # one message's trouble must not hold up the others
        log.add(failed=True)
        log.defect(error)
        return False
    finally:
        log.write()
    return True
