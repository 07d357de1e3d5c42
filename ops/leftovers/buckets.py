"""S3 buckets: every version of every object, and the parts of uploads that never ended."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ops.deployed_stacks import OpsError
from ops.leftovers.kind import Say, Size, is_absent, tags_by_key
from ops.leftovers.prices import BUCKET_STORAGE

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import ListObjectVersionsOutputTypeDef, ObjectIdentifierTypeDef

BATCH = 1_000  # the most that one DeleteObjects takes; also the most that one page of ListObjectVersions gives
_PROGRESS = 50  # batches


class Buckets:
    """`most_pages` pages of 1,000 versions are counted at most: a listing costs $0.005 per 1,000 pages, and time."""

    label = "bucket"
    arn = re.compile(r"arn:[^:]+:s3:::([^/:]+)")

    def __init__(self, client: S3Client, *, most_pages: int = 100) -> None:
        self._client = client
        self._most_pages = most_pages

    def size(self, name: str) -> Size | None:
        stored = versions = 0
        partial = False
        try:
            pages = self._client.get_paginator("list_object_versions").paginate(Bucket=name)
            for number, page in enumerate(pages, start=1):
                found = page.get("Versions", [])
                versions += len(found)
                stored += sum(version.get("Size", 0) for version in found)
                if number == self._most_pages and page["IsTruncated"]:
                    partial = True
                    break
        except ClientError as error:
            if is_absent(error):
                return None
            raise
        detail = f"{versions:,} object versions"
        if partial:
            detail = f"more than {detail}, counting stopped there"
        return Size(stored, BUCKET_STORAGE.of(stored), detail, partial)

    def tags(self, name: str, arn: str) -> Mapping[str, str]:
        try:
            return tags_by_key(list(self._client.get_bucket_tagging(Bucket=name)["TagSet"]))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchTagSet":
                return {}
            raise

    def delete(self, name: str, say: Say) -> None:
        self._abort_uploads(name)
        self._empty(name, say)
        self._client.delete_bucket(Bucket=name)

    def _abort_uploads(self, name: str) -> None:
        for page in self._client.get_paginator("list_multipart_uploads").paginate(Bucket=name):
            for upload in page.get("Uploads", []):
                self._client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])

    def _empty(self, name: str, say: Say) -> None:
        """Always reads the first page: nothing is skipped, whatever was deleted or written in between."""
        deleted = 0
        for batch in itertools.count(1):
            entries = _entries(self._client.list_object_versions(Bucket=name, MaxKeys=BATCH))
            if not entries:
                break
            self._delete_batch(name, entries)
            deleted += len(entries)
            if batch % _PROGRESS == 0:
                say(f"  {name}: {deleted:,} object versions deleted so far")
        if deleted:
            say(f"  {name}: {deleted:,} object versions and delete markers deleted")

    def _delete_batch(self, name: str, entries: list[ObjectIdentifierTypeDef]) -> None:
        answer = self._client.delete_objects(Bucket=name, Delete={"Objects": entries, "Quiet": True})
        errors = answer.get("Errors", [])
        if errors:
            reason = f"{errors[0].get('Code', 'unknown')}: {errors[0].get('Message', '')}"
            raise OpsError(f"{len(errors)} of {len(entries)} objects cannot be deleted, the first one for {reason}")


def _entries(page: ListObjectVersionsOutputTypeDef) -> list[ObjectIdentifierTypeDef]:
    """A deletion that names a version is final; one that does not would only add a marker."""
    listed = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in listed]
