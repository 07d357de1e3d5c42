"""Stored objects in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.domain.object_store import ObjectMissingError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_OWNER = "quarry-execution"
# 405: the version is a delete marker.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed", "405"})


class S3ObjectStore:
    """`ObjectStore`; the buckets are versioned. Needs s3:ListBucket, without which S3 answers 403 for what is
    missing."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def read(self, bucket: str, key: str, version_id: str | None = None) -> bytes:
        try:
            if version_id is None:
                answer = self._client.get_object(Bucket=bucket, Key=key)
            else:
                answer = self._client.get_object(Bucket=bucket, Key=key, VersionId=version_id)
        except ClientError as error:
            if _is_missing(error):
                raise ObjectMissingError("the object or this version of it does not exist") from error
            raise
        return answer["Body"].read()

    def read_range(self, bucket: str, key: str, offset: int, length: int) -> bytes:
        wanted = f"bytes={offset}-{offset + length - 1 if length else ''}"
        try:
            return self._client.get_object(Bucket=bucket, Key=key, Range=wanted)["Body"].read()
        except ClientError as error:
            if _is_missing(error):
                raise ObjectMissingError("the object does not exist") from error
            raise

    def exists(self, bucket: str, key: str) -> bool:
        try:
            self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if _is_missing(error):
                return False
            raise
        return True

    def write(self, bucket: str, key: str, body: bytes, *, content_type: str, owner: str) -> str:
        answer = self._client.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType=content_type, Metadata={_OWNER: owner}
        )
        return answer["VersionId"]

    def version_of(self, bucket: str, key: str, owner: str) -> str | None:
        try:
            head = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if _is_missing(error):
                return None
            raise
        return head["VersionId"] if head["Metadata"].get(_OWNER) == owner else None

    def delete_version(self, bucket: str, key: str, version_id: str) -> None:
        self._client.delete_object(Bucket=bucket, Key=key, VersionId=version_id)


def _is_missing(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in _MISSING
