"""Conversations as DynamoDB items: the key grammar, and items to values and back.

Header: pk `<owner>`, sk `conversation#<id>`. Message: pk `<owner>|<id>`, sk `message#<8 digits>`. Owners and ids hold
no '|', so no owner can name another one's partition. TTL attribute: `expires_at` (epoch seconds).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.shared.domain.conversation import Conversation, Lease, Message
from lambdas.shared.domain.timestamps import from_iso, to_iso

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef as Value

    Item = dict[str, Value]

HEADER_PREFIX = "conversation#"
MESSAGE_PREFIX = "message#"
# An item holds 400 KB at most. Longer texts are answers of very long generations; they are kept compressed.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
_COMPRESSED_FROM_BYTES = 300_000


def header_key(owner: str, conversation_id: str) -> Item:
    """Primary key of a conversation's header."""
    return {"pk": {"S": owner}, "sk": {"S": HEADER_PREFIX + conversation_id}}


def messages_partition(owner: str, conversation_id: str) -> str:
    """Partition key of a conversation's messages."""
    return f"{owner}|{conversation_id}"


def message_key(owner: str, conversation_id: str, number: int) -> Item:
    """Primary key of one message; numbers have 8 digits, so that they sort."""
    return {"pk": {"S": messages_partition(owner, conversation_id)}, "sk": {"S": f"{MESSAGE_PREFIX}{number:08d}"}}


def header_item(lease: Lease, title: str, *, keep_until: datetime) -> Item:
    """A new, empty, leased conversation."""
    taken: Value = {"S": to_iso(lease.taken_at)}
    return {
        **header_key(lease.owner, lease.conversation_id),
        "title": {"S": title},
        "created_at": taken,
        "updated_at": taken,
        "message_count": {"N": "0"},
        "lease_token": {"S": lease.token},
        "lease_until": milliseconds(lease.expires_at),
        "expires_at": seconds(keep_until),
    }


def conversation(item: Mapping[str, Value]) -> Conversation:
    """The header that `item` holds."""
    return Conversation(
        conversation_id=item["sk"]["S"].removeprefix(HEADER_PREFIX),
        title=item["title"]["S"],
        created_at=from_iso(item["created_at"]["S"]),
        updated_at=from_iso(item["updated_at"]["S"]),
        message_count=int(item["message_count"]["N"]),
    )


def message_item(lease: Lease, message: Message, *, keep_until: datetime) -> Item:
    """One message as it is stored."""
    item: Item = {
        **message_key(lease.owner, lease.conversation_id, message.number),
        "role": {"S": message.role},
        "created_at": {"S": to_iso(message.created_at)},
        "expires_at": seconds(keep_until),
    }
    encoded = message.text.encode()
    if len(encoded) < _COMPRESSED_FROM_BYTES:
        item["text"] = {"S": message.text}
    else:
        item["text_zlib"] = {"B": zlib.compress(encoded)}
    if message.model:
        item["model"] = {"S": message.model}
    if message.interrupted:
        item["interrupted"] = {"BOOL": True}
    return item


def message(item: Mapping[str, Value]) -> Message:
    """The message that `item` holds."""
    compressed = item.get("text_zlib")
    return Message(
        number=int(item["sk"]["S"].removeprefix(MESSAGE_PREFIX)),
        role="assistant" if item["role"]["S"] == "assistant" else "user",
        text=zlib.decompress(bytes(compressed["B"])).decode() if compressed else item["text"]["S"],
        created_at=from_iso(item["created_at"]["S"]),
        model=item["model"]["S"] if "model" in item else None,
        interrupted="interrupted" in item,
    )


def milliseconds(moment: datetime) -> Value:
    """Epoch milliseconds as a number attribute."""
    return {"N": str(int(moment.timestamp() * 1000))}


def seconds(moment: datetime) -> Value:
    """Epoch seconds as a number attribute, which is what TTL wants."""
    return {"N": str(int(moment.timestamp()))}
