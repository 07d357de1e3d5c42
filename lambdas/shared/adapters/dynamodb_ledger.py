"""The ledger in DynamoDB: one item per call, a partition per tenant and month.

Keys: pk `<tenant>#<YYYY-MM>`, sk `<ISO time>#<call id>`, so a month of a tenant reads in order of time.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.adapters.dynamodb_writes import CONDITION_FAILED, is_error
from lambdas.shared.domain.ledger import LedgerEvent

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

_TEXTS = (
    "client",
    "subject",
    "operation",
    "reference",
    "model",
    "outcome",
    "stop_reason",
    "error_code",
    "prices_as_of",
)
_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


class DynamoDbLedger:
    """`days`: how long events are kept (TTL attribute `expires_at`)."""

    def __init__(self, client: DynamoDBClient, *, table: str, days: int) -> None:
        self._client = client
        self._table = table
        self._kept = timedelta(days=days)

    def intend(self, intent: LedgerEvent) -> None:
        """Write the intent unless the call has a row, also where the client has given up and DynamoDB has not."""
        condition = "attribute_not_exists(pk)"
        try:
            self._client.put_item(TableName=self._table, Item=self._item(intent), ConditionExpression=condition)
        except ClientError as error:
            if not is_error(error, CONDITION_FAILED):
                raise

    def record(self, event: LedgerEvent) -> None:
        """Write the event over the call's intent. The same event written twice is one item."""
        self._client.put_item(TableName=self._table, Item=self._item(event))

    def _item(self, event: LedgerEvent) -> dict[str, AttributeValueTypeDef]:
        at = event.at.astimezone(UTC)
        texts = {
            "pk": f"{event.tenant}#{at:%Y-%m}",
            "sk": f"{at.isoformat(timespec='microseconds')}#{event.call_id}",
            **{name: getattr(event, name) for name in _TEXTS},
        }
        numbers = {name: getattr(event.usage, name) for name in _COUNTS}
        numbers["expires_at"] = int((at + self._kept).timestamp())
        item: dict[str, AttributeValueTypeDef] = {name: {"S": text} for name, text in texts.items() if text}
        item.update({name: {"N": str(number)} for name, number in numbers.items()})
        item["estimated"] = {"BOOL": event.estimated}
        if event.cost_usd is None:
            item["cost_unknown"] = {"BOOL": True}
        else:
            item["cost_usd"] = {"N": format(event.cost_usd, "f")}
        if event.guardrail_usd is not None:
            item["guardrail_usd"] = {"N": format(event.guardrail_usd, "f")}
        return item
