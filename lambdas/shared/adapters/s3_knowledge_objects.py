"""The objects below `knowledge/` in S3, and what their owners say about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.domain.dropped_object import KNOWLEDGE, DroppedObject
from lambdas.shared.domain.knowledge.records import ListedObject

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_MISSING = frozenset({"NoSuchKey", "404", "MethodNotAllowed", "405"})


class S3KnowledgeObjects:
    """`KnowledgeObjects`. Needs s3:ListBucket, without which S3 answers 403 for what is missing."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def metadata(self, bucket: str, key: str) -> Mapping[str, str] | None:
        try:
            head = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        return {name: _plain(value) for name, value in head["Metadata"].items()}

    def newest(self, bucket: str) -> Iterator[ListedObject]:
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=KNOWLEDGE)
        for page in pages:
            yield from (_listed(bucket, each, exists=True) for each in page.get("Versions", ()) if each["IsLatest"])
            markers = page.get("DeleteMarkers", ())
            yield from (_listed(bucket, each, exists=False) for each in markers if each["IsLatest"])


def _listed(bucket: str, entry: Mapping[str, Any], *, exists: bool) -> ListedObject:
    version = DroppedObject(
        bucket=bucket, key=entry["Key"], version_id=entry["VersionId"], sequencer="", size=int(entry.get("Size", 0))
    )
    return ListedObject(version, exists)


def _plain(value: str) -> str:
    """S3 gives what is not ASCII as an encoded word of RFC 2047."""
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError):
        return value
