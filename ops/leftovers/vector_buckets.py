"""S3 vector buckets: every index, with the vectors in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from ops.leftovers.kind import Say, Size, is_absent
from ops.leftovers.prices import VECTOR_STORAGE

_BYTES_PER_NUMBER = 4  # float32
PAGE = 1_000  # the most that one ListVectors gives


class VectorBuckets:
    """AWS tells no sizes: vectors are counted, by `most_pages` pages an index at most; what was attached to them is
    not. `client` is boto3's of `s3vectors`."""

    label = "vectors"
    arn = re.compile(r"arn:[^:]+:s3vectors:[^:]*:\d*:bucket/([^/:]+)")

    def __init__(self, client: Any, *, most_pages: int = 20) -> None:
        self._client = client
        self._most_pages = most_pages

    def tagged(self, tag: str, value: str) -> dict[str, dict[str, str]]:
        """ARN -> tags of those that carry the tag, asked for one by one: so they are found whether or not the index of
        tags knows this kind. Empty where the region has no S3 Vectors."""
        found = {}
        try:
            for bucket in self._all("list_vector_buckets", "vectorBuckets"):
                arn = str(bucket["vectorBucketArn"])
                tags = self.tags(bucket["vectorBucketName"], arn)
                if tags.get(tag) == value:
                    found[arn] = dict(tags)
        except EndpointConnectionError:
            return {}
        return found

    def size(self, name: str) -> Size | None:
        stored = vectors = 0
        partial = False
        try:
            indexes = list(self._all("list_indexes", "indexes", vectorBucketName=name))
            for index in indexes:
                dimension = self._client.get_index(indexArn=index["indexArn"])["index"]["dimension"]
                counted, more = self._counted(index["indexArn"])
                vectors += counted
                stored += counted * dimension * _BYTES_PER_NUMBER
                partial = partial or more
        except ClientError as error:
            if is_absent(error):
                return None
            raise
        detail = f"{len(indexes):,} indexes, {vectors:,} vectors{' or more' if partial else ''} without their metadata"
        return Size(stored, VECTOR_STORAGE.of(stored), detail, partial=partial or vectors > 0)

    def tags(self, name: str, arn: str) -> Mapping[str, str]:
        tags: dict[str, str] = self._client.list_tags_for_resource(resourceArn=arn)["tags"]
        return tags

    def delete(self, name: str, say: Say) -> None:
        """AWS deletes no bucket that holds an index; an index goes with its vectors."""
        deleted = 0
        for index in list(self._all("list_indexes", "indexes", vectorBucketName=name)):
            self._client.delete_index(indexArn=index["indexArn"])
            deleted += 1
        if deleted:
            say(f"  {name}: {deleted:,} indexes deleted with their vectors")
        self._client.delete_vector_bucket(vectorBucketName=name)

    def _counted(self, index_arn: str) -> tuple[int, bool]:
        """How many vectors, and whether there are more."""
        counted = 0
        more: dict[str, str] = {}
        for _ in range(self._most_pages):
            page = self._client.list_vectors(indexArn=index_arn, maxResults=PAGE, **more)
            counted += len(page["vectors"])
            if not page.get("nextToken"):
                return counted, False
            more = {"nextToken": page["nextToken"]}
        return counted, True

    def _all(self, operation: str, member: str, **given: str) -> Iterator[Any]:
        for page in self._client.get_paginator(operation).paginate(**given):
            yield from page[member]
