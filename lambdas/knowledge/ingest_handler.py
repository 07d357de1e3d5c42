"""Brings dropped documents into the Knowledge Base: SQS batches of S3's events, and of its own reminders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_knowledge_base import BedrockKnowledgeBase
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.adapters.dynamodb_knowledge_records import DynamoDbKnowledgeRecords
from lambdas.shared.adapters.s3_knowledge_objects import S3KnowledgeObjects
from lambdas.shared.adapters.s3_object_events import object_event_from
from lambdas.shared.adapters.sqs_knowledge_checks import SqsKnowledgeChecks, check_from
from lambdas.shared.runtime.observability import InvocationLog
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.drop_register import DropRegister
from lambdas.shared.services.knowledge.take_drop import TakeDrop
from lambdas.shared.services.knowledge.tend_documents import TendDocuments
from lambdas.shared.services.knowledge.work_batch import Message, WorkBatch


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str
    clients_table: str
    default_tenant: str
    knowledge_base_id: str
    data_source_id: str
    queue_url: str


@cache
def build_service() -> WorkBatch:
    settings = load_settings(Settings)
    records = DynamoDbKnowledgeRecords(aws_clients.dynamodb(), table=settings.documents_table)
    register = DropRegister(
        documents=records,
        clients=DynamoDbClientDirectory(aws_clients.dynamodb(), table=settings.clients_table),
        default_tenant=settings.default_tenant,
    )
    base = BedrockKnowledgeBase(
        aws_clients.bedrock_agent(),
        knowledge_base_id=settings.knowledge_base_id,
        data_source_id=settings.data_source_id,
    )
    objects = S3KnowledgeObjects(aws_clients.s3())
    return WorkBatch(
        drops=TakeDrop(register),
        tending=TendDocuments(records=records, objects=objects, knowledge_base=base),
        checks=SqsKnowledgeChecks(aws_clients.sqs(), queue_url=settings.queue_url),
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Only the failed messages come back, and end in the dead-letter queue if they keep failing.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    log = InvocationLog(request_id=str(getattr(context, "aws_request_id", "")), messages=len(event["Records"]))
    malformed: list[str] = []
    messages = [message for record in event["Records"] if (message := _message(record, malformed)) is not None]
    try:
        outcome = build_service().work(messages)
        failed = [*malformed, *outcome.failed]
        log.add(tended=outcome.tended, again=outcome.again, malformed=len(malformed), failed=bool(failed))
        for error in outcome.defects:
            log.defect(error)
    finally:
        log.write()
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _message(record: dict[str, Any], malformed: list[str]) -> Message | None:
    message_id, body = record["messageId"], record["body"]
    check = check_from(body)
    if check is not None:
        return Message(message_id, documents=check[0], round=check[1])
    try:
        return Message(message_id, event=object_event_from(body))
    except msgspec.DecodeError:
        malformed.append(message_id)
        return None
