"""SQS messages as Lambda hands them to a function, and what the function's answer says about them.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any


def sqs_event(messages: Iterable[Any], *, queue_arn: str, region: str) -> bytes:
    """The event for a batch of moto's messages."""
    return json.dumps({"Records": [_record(message, queue_arn, region) for message in messages]}).encode()


def _record(message: Any, queue_arn: str, region: str) -> dict[str, Any]:
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(message.sent_timestamp),
        "SenderId": str(message.sender_id),
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
    }
    optional = {
        "MessageGroupId": message.group_id,
        "MessageDeduplicationId": message.deduplication_id,
        "SequenceNumber": message.sequence_number,
    }
    record = {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes | {name: value for name, value in optional.items() if value is not None},
        "messageAttributes": {name: _attribute(value) for name, value in message.message_attributes.items()},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if message.message_attributes:
        record["md5OfMessageAttributes"] = message.attribute_md5
    return record


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if value.get("BinaryValue") is not None:
        binary = value["BinaryValue"]
        raw = binary if isinstance(binary, bytes) else str(binary).encode()
        shown["binaryValue"] = base64.b64encode(raw).decode()
    else:
        shown["stringValue"] = value.get("StringValue")
    return shown


def failed_ids(answer: bytes, message_ids: Sequence[str]) -> frozenset[str]:
    """The messages that a partial answer reports as failed: all of them when it cannot be trusted.

    Nothing, null, an empty object or list mean success; an unknown or empty id fails the whole batch.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    every = frozenset(message_ids)
    try:
        value = json.loads(answer or b"null")
    except ValueError:
        return every
    if not value:
        return frozenset()
    failures = value.get("batchItemFailures", []) if isinstance(value, dict) else None
    if failures is None:
        return frozenset()
    if not isinstance(failures, list) or not all(isinstance(item, dict) for item in failures):
        return every
    reported = frozenset(item.get("itemIdentifier") for item in failures)
    return frozenset(str(name) for name in reported) if reported <= every else every
