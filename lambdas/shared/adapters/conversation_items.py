"""Conversations as DynamoDB items: the key grammar, and items to values and back.

Header: pk `<owner>`, sk `conversation#<id>`. Message: pk `<owner>|<id>`, sk `message#<8 digits>`. Owners and ids hold
no '|', so no owner can name another one's partition. TTL attribute: `expires_at` (epoch seconds). A message's text is
`text`, or a pointer to S3: `text_key`, `text_bytes`, `text_sha256`; very long ones of older deployments: `text_zlib`.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.shared.adapters.s3_message_texts import SpilledText
from lambdas.shared.domain.conversation import Conversation, Lease, Message
from lambdas.shared.domain.memory import Memory
from lambdas.shared.domain.timestamps import from_iso, to_iso

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef as Value

    Item = dict[str, Value]

HEADER_PREFIX = "conversation#"
MESSAGE_PREFIX = "message#"


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
        memory=_memory(item),
    )


def message_item(lease: Lease, message: Message, *, keep_until: datetime, spilled: SpilledText | None = None) -> Item:
    """One message as it is stored; its text, or where that is."""
    item: Item = {
        **message_key(lease.owner, lease.conversation_id, message.number),
        "role": {"S": message.role},
        "created_at": {"S": to_iso(message.created_at)},
        "expires_at": seconds(keep_until),
    }
    if spilled is None:
        item["text"] = {"S": message.text}
    else:
        item["text_key"] = {"S": spilled.key}
        item["text_bytes"] = {"N": str(spilled.size)}
        item["text_sha256"] = {"S": spilled.sha256}
    if message.model:
        item["model"] = {"S": message.model}
    if message.interrupted:
        item["interrupted"] = {"BOOL": True}
    return item


def spilled_text(item: Mapping[str, Value]) -> SpilledText | None:
    """Where the message's text is, if it is not in `item`."""
    if "text_key" not in item:
        return None
    return SpilledText(item["text_key"]["S"], int(item["text_bytes"]["N"]), item["text_sha256"]["S"])


def own_text(item: Mapping[str, Value]) -> str:
    """The message's text where `item` itself holds it."""
    if "text_zlib" in item:
        return zlib.decompress(bytes(item["text_zlib"]["B"])).decode()
    return item["text"]["S"]


def text_bytes(item: Mapping[str, Value]) -> int:
    """Bytes of the message's text in UTF-8, wherever it is."""
    return int(item["text_bytes"]["N"]) if "text_bytes" in item else len(own_text(item).encode())


def message(item: Mapping[str, Value], text: str) -> Message:
    """The message that `item` holds, with its text."""
    return Message(
        number=int(item["sk"]["S"].removeprefix(MESSAGE_PREFIX)),
        role="assistant" if item["role"]["S"] == "assistant" else "user",
        text=text,
        created_at=from_iso(item["created_at"]["S"]),
        model=item["model"]["S"] if "model" in item else None,
        interrupted="interrupted" in item,
    )


def _memory(item: Mapping[str, Value]) -> Memory:
    if "memory_asked_at" not in item:
        return Memory()
    through = int(item["memory_through"]["N"]) if "memory_through" in item else -1
    return Memory(item["memory"]["S"] if "memory" in item else "", through, int(item["memory_asked_at"]["N"]))


def milliseconds(moment: datetime) -> Value:
    """Epoch milliseconds as a number attribute."""
    return {"N": str(int(moment.timestamp() * 1000))}


def seconds(moment: datetime) -> Value:
    """Epoch seconds as a number attribute, which is what TTL wants."""
    return {"N": str(int(moment.timestamp()))}
