"""When a run's jobs were first settled; keys are in `dynamodb_bulk_items`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.shared.adapters.dynamodb_attributes import decoded, encoded
from lambdas.shared.adapters.dynamodb_bulk_items import job_key
from lambdas.shared.domain.timestamps import utc_now

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbJobMoments:
    """`JobMoments`."""

    def __init__(self, client: DynamoDBClient, *, table: str, now: Callable[[], datetime] = utc_now) -> None:
        self._client = client
        self._table = table
        self._now = now

    def moment(self, run_id: str, job_name: str) -> datetime:
        answer = self._client.update_item(
            TableName=self._table,
            Key=encoded(job_key(run_id, job_name)),
            UpdateExpression="SET settled_at = if_not_exists(settled_at, :now)",
            ExpressionAttributeValues=encoded({":now": self._now().isoformat()}),
            ReturnValues="ALL_NEW",
        )
        return datetime.fromisoformat(decoded(answer["Attributes"])["settled_at"])
