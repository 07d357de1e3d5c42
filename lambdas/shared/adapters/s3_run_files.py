"""A bulk run's files in S3: lines are streamed, commits are conditional puts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from lambdas.shared.adapters.csv_writer import CsvWriter
from lambdas.shared.adapters.dynamodb_writes import is_error
from lambdas.shared.adapters.jsonl_writer import JsonlWriter
from lambdas.shared.adapters.s3_upload import S3Upload
from lambdas.shared.domain.object_store import ObjectMissingError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_CHUNK_BYTES = 1024 * 1024
_MOST_TRIES = 5
_JSON_LINES = "application/x-ndjson"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_EXISTS, _CONFLICT, _MISSING = "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"


class S3RunFiles:
    """`RunFiles`. Needs s3:ListBucket, without which S3 answers 403 for what is missing."""

    def __init__(self, client: S3Client, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def rows(self, key: str) -> Iterator[dict[str, Any]]:
        return map(msgspec.json.decode, self._lines(key))

    def output_rows(self, prefix: str) -> Iterator[dict[str, Any] | None]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        for key in keys:
            if key.endswith(".jsonl.out"):
                yield from map(_object, self._lines(key))

    @contextmanager
    def open(self, key: str) -> Iterator[JsonlWriter]:
        with self._upload(key, _JSON_LINES) as upload:
            writer = JsonlWriter(upload)
            yield writer
            writer.flush()

    @contextmanager
    def open_table(self, key: str) -> Iterator[CsvWriter]:
        with self._upload(key, "text/csv; charset=utf-8") as upload:
            writer = CsvWriter(upload)
            yield writer
            writer.flush()

    def concatenate(self, sources: Sequence[str], target: str) -> None:
        with self._upload(target, _JSON_LINES) as upload:
            for source in sources:
                for chunk in self._chunks(source):
                    upload.write(chunk)

    def read(self, key: str) -> dict[str, Any] | None:
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if is_error(error, _MISSING):
                return None
            raise
        commit: dict[str, Any] = msgspec.json.decode(body)
        return commit

    def create(self, key: str, value: Mapping[str, Any]) -> bool:
        body = msgspec.json.encode(value)
        for attempt in range(_MOST_TRIES):
            try:
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*"
                )
            except ClientError as error:
                if is_error(error, _EXISTS):
                    # perhaps by this very call, whose first answer was lost
                    return bool(self.read(key) == msgspec.json.decode(body))
                if not is_error(error, _CONFLICT) or attempt == _MOST_TRIES - 1:
                    raise
            else:
                return True
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def _upload(self, key: str, content_type: str) -> Iterator[S3Upload]:
        upload = S3Upload(self._client, bucket=self._bucket, key=key, content_type=content_type)
        try:
            yield upload
        except BaseException:
            upload.abort()
            raise
        upload.complete()

    def _chunks(self, key: str) -> Iterator[bytes]:
        """Asked for at once, so that a missing file is missed before anything is written."""
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        except ClientError as error:
            if is_error(error, _MISSING):
                raise ObjectMissingError(f"{key} does not exist") from error
            raise
        return iter(body.iter_chunks(_CHUNK_BYTES))

    def _lines(self, key: str) -> Iterator[bytes]:
        """Split at line feeds alone: text may hold other characters that end lines elsewhere."""
        return _split(self._chunks(key))


def _split(chunks: Iterator[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        begun.append(first)
        for line in others:
            yield from _whole(begun)
            begun = [line]
    yield from _whole(begun)


def _whole(pieces: list[bytes]) -> Iterator[bytes]:
    line = b"".join(pieces)
    if line.strip():
        yield line


def _object(line: bytes) -> dict[str, Any] | None:
    """None for what is no JSON object: it counts as a row that nobody can assign."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
