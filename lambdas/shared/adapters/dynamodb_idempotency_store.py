"""Keyed calls and their answers in DynamoDB: one item per call, claimed by one conditional write.

Key: pk `<call id>`, a hash, so an item names neither its owner nor its key. `valid_until` (epoch milliseconds) is what
counts; `expires_at` (epoch seconds, for TTL) only tidies up, hours late.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.adapters.dynamodb_writes import CONDITION_FAILED, is_error
from lambdas.shared.domain.idempotency import Claim, EarlierCall, KeptAnswer

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef as Value

    Item = dict[str, Value]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# An item holds 400 KB; answers are text, of which this is a third to a half when compressed.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
MAX_COMPRESSED_BYTES = 390_000
# Long after the item counts as absent, so a clock that is ahead cannot remove what is still valid.
_TIDIED_AFTER = timedelta(minutes=5)


class DynamoDbIdempotencyStore:
    """An `IdempotencyStore`. `table` has the string key pk, and TTL on `expires_at`."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def begin(self, claim: Claim) -> EarlierCall | None:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item(claim, valid_until=claim.expires_at),
                ConditionExpression="attribute_not_exists(pk) OR valid_until <= :now",
                ExpressionAttributeValues={":now": _milliseconds(claim.taken_at)},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not is_error(error, CONDITION_FAILED):
                raise
            answer: Any = error.response  # the stubs know no Item in it
            item: Item = answer["Item"]
            # The client's own retry of a write whose answer was lost finds what that write made.
            return None if item["claim_token"]["S"] == claim.token else _earlier(item)
        return None

    def keep(self, claim: Claim, answer: KeptAnswer, *, until: datetime) -> bool:
        item = _item(claim, valid_until=until)
        item["answer_status"] = {"N": str(answer.status)}
        body = zlib.compress(answer.body, level=1)
        if len(body) <= MAX_COMPRESSED_BYTES:
            item["answer_body"] = {"B": body}
            item["answer_headers"] = {"M": {name: {"S": value} for name, value in answer.headers.items()}}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                # A claim that expired and was tidied up is still ours, if nobody has claimed the call since.
                ConditionExpression="attribute_not_exists(pk) OR claim_token = :token",
                ExpressionAttributeValues={":token": {"S": claim.token}},
            )
        except ClientError as error:
            if is_error(error, CONDITION_FAILED):
                return False
            raise
        return True

    def release(self, claim: Claim) -> None:
        try:
            self._client.delete_item(
                TableName=self._table,
                Key={"pk": {"S": claim.call_id}},
                ConditionExpression="claim_token = :token",
                ExpressionAttributeValues={":token": {"S": claim.token}},
            )
        except ClientError as error:
            if not is_error(error, CONDITION_FAILED):
                raise


def _item(claim: Claim, *, valid_until: datetime) -> Item:
    return {
        "pk": {"S": claim.call_id},
        "fingerprint": {"S": claim.fingerprint},
        "claim_token": {"S": claim.token},
        "valid_until": _milliseconds(valid_until),
        "expires_at": {"N": str(int((valid_until + _TIDIED_AFTER).timestamp()))},
    }


def _earlier(item: Item) -> EarlierCall:
    answer = None
    if "answer_body" in item:
        answer = KeptAnswer(
            status=int(item["answer_status"]["N"]),
            body=zlib.decompress(bytes(item["answer_body"]["B"])),
            headers={name: value["S"] for name, value in item["answer_headers"]["M"].items()},
        )
    return EarlierCall(
        fingerprint=item["fingerprint"]["S"],
        valid_until=_EPOCH + int(item["valid_until"]["N"]) * _MILLISECOND,
        ended="answer_status" in item,
        answer=answer,
    )


def _milliseconds(moment: datetime) -> Value:
    """Epoch milliseconds, in whole numbers: a float would be off by one at the edges."""
    return {"N": str((moment - _EPOCH) // _MILLISECOND)}
