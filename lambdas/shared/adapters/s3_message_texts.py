"""Long messages of conversations in S3: an object each, under one prefix per conversation."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.domain.conversation import Lease, Message

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import ObjectIdentifierTypeDef

_LOG = logging.getLogger(__name__)
# A transaction pays every KB twice, and a page of a query ends at 1 MB.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-use-s3-too.html
MOST_BYTES_IN_AN_ITEM = 64 * 1024
# Without s3:ListBucket, which would show other people's keys too, S3 answers 403 for what is not there.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
_GONE = frozenset({"NoSuchKey", "AccessDenied", "404", "403"})


@dataclass(frozen=True, slots=True)
class SpilledText:
    """Where a text is; `size` in bytes of UTF-8, `sha256` of them in hexadecimal. `version` is known to its writer."""

    key: str
    size: int
    sha256: str
    version: str = ""


class S3MessageTexts:
    """Writes below `conversations/` of `bucket`, which is versioned. `s3` is asked for a client when there is the first
    long message: making one takes longer than a whole turn does otherwise, and most functions never need it."""

    def __init__(self, s3: Callable[[], S3Client], *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def spill(self, lease: Lease, messages: Iterable[Message]) -> dict[int, SpilledText]:
        """Write the texts of more than `MOST_BYTES_IN_AN_ITEM`; answers where they are, by message number."""
        spilled: dict[int, SpilledText] = {}
        for message in messages:
            # A character has four bytes at most: nearly every text is seen to be short without being encoded.
            if 4 * len(message.text) > MOST_BYTES_IN_AN_ITEM:
                encoded = message.text.encode()
                if len(encoded) > MOST_BYTES_IN_AN_ITEM:
                    spilled[message.number] = self._write(lease, message.number, encoded)
        return spilled

    def read(self, spilled: SpilledText) -> str | None:
        """The text; None when it has aged out, or is no longer what was written."""
        try:
            body = self._s3().get_object(Bucket=self._bucket, Key=spilled.key)["Body"].read()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code not in _GONE:
                raise
            _LOG.warning("text of a message not found: %s", code)
            return None
        if hashlib.sha256(body).hexdigest() != spilled.sha256:
            _LOG.warning("text of a message is not what was written")
            return None
        return body.decode()

    def discard(self, spilled: Iterable[SpilledText]) -> None:
        """Delete what was written for nothing. Never raises: what stays behind ages out like everything there."""
        for text in spilled:
            try:
                self._s3().delete_object(Bucket=self._bucket, Key=text.key, VersionId=text.version)
            except Exception as error:
                _LOG.warning("text of an unstored message not deleted: %s", type(error).__name__)

    def erase(self, owner: str, conversation_id: str) -> None:
        """Delete all of a conversation, every version of every object: also what a crash left there."""
        prefix = _prefix(owner, conversation_id)
        s3 = self._s3()
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix):
            found = [(each["Key"], each["VersionId"]) for each in page.get("Versions", [])]
            found += [(each["Key"], each["VersionId"]) for each in page.get("DeleteMarkers", [])]
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key, "VersionId": version} for key, version in found]
            if not objects:
                continue
            answer = s3.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if answer.get("Errors"):
                raise RuntimeError("S3 did not delete everything; deleting again goes on where this ended")

    def _write(self, lease: Lease, number: int, text: bytes) -> SpilledText:
        """Under a key that no other attempt at this message has: what one writes or deletes can never be another's."""
        key = f"{_prefix(lease.owner, lease.conversation_id)}{number:08d}-{lease.token}"
        answer = self._s3().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=text,
            ContentType="text/plain; charset=utf-8",
            ServerSideEncryption="AES256",
        )
        return SpilledText(key, len(text), hashlib.sha256(text).hexdigest(), answer["VersionId"])


def _prefix(owner: str, conversation_id: str) -> str:
    """Names of people do not belong into object keys, which logs and inventories show."""
    return f"conversations/{hashlib.sha256(owner.encode()).hexdigest()[:32]}/{conversation_id}/"
