"""Lists a bulk run's source in S3: a prefix, a list of addresses, or an inventory."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from lambdas.shared.domain.bulk.key_list import inventory_page, list_page, read_inventory
from lambdas.shared.domain.bulk.listing import Entry, Page
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.source import AllowedSource, Source, SourceKind, parse_source
from lambdas.shared.domain.errors import FieldError, InvalidInputError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# A page is one step of the workflow: ten calls of a thousand keys.
_CALLS = 10
_CHUNK_BYTES = 2 * 1024 * 1024
_REMEDIES = {
    "NoSuchBucket": "there is no such bucket; correct its name",
    "NoSuchKey": "there is no such object; correct its key",
    "AccessDenied": "it may not be read; add it to the setting bulk_sources and deploy, and let the bucket's own "
    "policy allow this account",
    "PermanentRedirect": "the bucket lies in another Region; deploy there, or copy the documents",
    "AuthorizationHeaderMalformed": "the bucket lies in another Region; deploy there, or copy the documents",
    "IllegalLocationConstraintException": "the bucket lies in another Region; deploy there, or copy the documents",
    "PreconditionFailed": "it was changed while it was listed; start the run again",
    "InvalidRange": "it was changed while it was listed; start the run again",
}


class S3SourcePages:
    """`SourcePages`. `places` tells what a tenant's runs may read, of which a list may name objects."""

    def __init__(self, client: S3Client, *, places: Callable[[str], Sequence[AllowedSource]]) -> None:
        self._client = client
        self._places = places

    def page(self, run: BulkRun, token: str | None) -> Page:
        source = parse_source(run.source)
        places = self._places(run.tenant)
        try:
            if source.kind is SourceKind.PREFIX:
                return self._prefix(source, token)
            if source.kind is SourceKind.LIST:
                return self._list(source, token, places)
            return self._inventory(source, token, places)
        except ClientError as error:
            raise _unreadable(source, error) from error

    def _prefix(self, source: Source, token: str | None) -> Page:
        """The token is the last key: it stays valid however long a run is stopped."""
        entries: list[Entry] = []
        for _ in range(_CALLS):
            start: Any = {"StartAfter": token} if token else {}
            answer: Any = self._client.list_objects_v2(Bucket=source.bucket, Prefix=source.key, **start)
            found = answer.get("Contents", ())
            entries += (Entry(source.bucket, each["Key"], each["Size"]) for each in found)
            token = found[-1]["Key"] if found and answer["IsTruncated"] else None
            if token is None:
                break
        return Page(entries, token)

    def _list(self, source: Source, token: str | None, places: Sequence[AllowedSource]) -> Page:
        """The token says where the next line begins, its number, and of which version of the list."""
        etag, begin, first_line = _position(token)
        more: Any = {"IfMatch": etag} if etag else {}
        head = self._client.head_object(Bucket=source.bucket, Key=source.key, **more)
        size, etag = head["ContentLength"], head["ETag"]
        end = min(begin + _CHUNK_BYTES, size)
        body = b""
        while begin < size:
            wanted = f"bytes={begin + len(body)}-{end - 1}"
            body += self._client.get_object(Bucket=source.bucket, Key=source.key, Range=wanted, IfMatch=etag)[
                "Body"
            ].read()
            if end == size or b"\n" in body:
                break
            end = min(end + _CHUNK_BYTES, size)
        if end < size:
            body = body[: body.rindex(b"\n") + 1]
        lines = body.decode("utf-8-sig" if first_line == 1 else "utf-8", "replace").split("\n")
        following, next_line = begin + len(body), first_line + body.count(b"\n")
        return list_page(
            lines,
            json_lines=source.key.endswith(".jsonl"),
            places=places,
            first_line=first_line,
            next_token=f"{etag} {following} {next_line}" if following < size else None,
        )

    def _inventory(self, source: Source, token: str | None, places: Sequence[AllowedSource]) -> Page:
        """A data file a page."""
        inventory = read_inventory(msgspec.json.decode(self._read(source.bucket, source.key)))
        number = int(token or 0)
        if not inventory.keys:
            return Page((), None)
        unpacked = gzip.decompress(self._read(source.bucket, inventory.keys[number]))
        last = number + 1 == len(inventory.keys)
        return inventory_page(
            io.StringIO(unpacked.decode()), inventory, places=places, next_token=None if last else str(number + 1)
        )

    def _read(self, bucket: str, key: str) -> bytes:
        return self._client.get_object(Bucket=bucket, Key=key)["Body"].read()


def _position(token: str | None) -> tuple[str, int, int]:
    if token is None:
        return "", 0, 1
    etag, begin, line = token.rsplit(" ", 2)
    return etag, int(begin), int(line)


def _unreadable(source: Source, error: ClientError) -> Exception:
    """What asking again may mend stays as it is: the workflow asks again."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    by_status = {"403": "AccessDenied", "404": "NoSuchKey", "301": "PermanentRedirect", "412": "PreconditionFailed"}
    remedy = _REMEDIES.get(by_status.get(code, code))
    if remedy is None:
        return error
    detail = f"{source.uri} cannot be listed: {remedy}"
    return InvalidInputError(detail, errors=(FieldError("/source", detail),))
