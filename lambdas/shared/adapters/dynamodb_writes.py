"""Writes to DynamoDB that have to be sent again: transactions in conflict, deletes left over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

CONDITION_FAILED = "ConditionalCheckFailedException"
_DELETES_PER_BATCH = 25
_MAX_ATTEMPTS = 6


class ConditionFailedError(Exception):
    """One of a transaction's conditions did not hold; nothing was written."""


def is_error(error: ClientError, code: str) -> bool:
    """Whether AWS answered with this error code."""
    return error.response.get("Error", {}).get("Code") == code


def transact(client: DynamoDBClient, actions: list[Any], *, sleep: Callable[[float], None]) -> None:
    """Write all or nothing; raises ConditionFailedError. A write to one of the items at the same instant (a rename,
    say) makes DynamoDB cancel the transaction: that alone is tried again.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors
    """
    for attempt in range(_MAX_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=actions)
        except client.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
            if "ConditionalCheckFailed" in reasons:
                raise ConditionFailedError from error
            if "TransactionConflict" not in reasons or attempt == _MAX_ATTEMPTS - 1:
                raise
            sleep(0.02 * 2**attempt)
        else:
            return


def delete_all(client: DynamoDBClient, table: str, keys: Sequence[Any], *, sleep: Callable[[float], None]) -> None:
    """Delete the items with these keys, in batches; what DynamoDB leaves over is sent again."""
    for start in range(0, len(keys), _DELETES_PER_BATCH):
        _delete(client, table, keys[start : start + _DELETES_PER_BATCH], sleep)


def _delete(client: DynamoDBClient, table: str, keys: Sequence[Any], sleep: Callable[[float], None]) -> None:
    waiting: Any = {table: [{"DeleteRequest": {"Key": key}} for key in keys]}
    for attempt in range(_MAX_ATTEMPTS):
        waiting = client.batch_write_item(RequestItems=waiting).get("UnprocessedItems")
        if not waiting:
            return
        sleep(0.05 * 2**attempt)
    raise RuntimeError("DynamoDB left deletes unprocessed; deleting again goes on where this ended")
