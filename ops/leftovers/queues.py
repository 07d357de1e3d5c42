"""SQS queues: keeping messages costs nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ops.leftovers.kind import Say, Size, is_absent

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


class Queues:
    """SQS bills requests, not storage; message counts are its own approximation."""

    label = "queue"
    arn = re.compile(r"arn:[^:]+:sqs:[^:]*:\d*:([^:]+)")

    def __init__(self, client: SQSClient) -> None:
        self._client = client

    def size(self, name: str) -> Size | None:
        try:
            attributes = self._client.get_queue_attributes(
                QueueUrl=self._url(name), AttributeNames=["ApproximateNumberOfMessages"]
            )["Attributes"]
        except ClientError as error:
            if is_absent(error):
                return None
            raise
        return Size(0, Decimal(0), f"{int(attributes['ApproximateNumberOfMessages']):,} messages")

    def tags(self, name: str, arn: str) -> Mapping[str, str]:
        return self._client.list_queue_tags(QueueUrl=self._url(name)).get("Tags", {})

    def delete(self, name: str, say: Say) -> None:
        self._client.delete_queue(QueueUrl=self._url(name))

    def _url(self, name: str) -> str:
        return self._client.get_queue_url(QueueName=name)["QueueUrl"]
