"""Where a run's documents are: a prefix, a list of addresses, or an S3 inventory; and who may read it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from lambdas.shared.domain.errors import FieldError, InvalidInputError

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<key>.*))?", re.DOTALL)
_LONGEST_KEY_BYTES = 1024
_LISTS = (".csv", ".jsonl")
_INVENTORY = "manifest.json"


class SourceKind(StrEnum):
    """How the documents are found."""

    PREFIX = "prefix"
    LIST = "list"
    INVENTORY = "inventory"


class Source(NamedTuple):
    """`key` is the prefix, or the key of the list or of the inventory's manifest."""

    kind: SourceKind
    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class AllowedSource(NamedTuple):
    """A place that a tenant's runs may read; `tenant` None = every tenant's."""

    bucket: str
    prefix: str = ""
    tenant: str | None = None


def parse_source(text: str) -> Source:
    """`s3://bucket/prefix/`, `s3://bucket/list.csv` (or `.jsonl`), or an inventory's `s3://bucket/.../manifest.json`.

    Raises InvalidInputError, which names the field and the remedy.
    """
    place = split_uri(text)
    if place is None:
        raise _invalid(f"{text[:100]!r} is no S3 address; write s3://<bucket>/<prefix>")
    bucket, key = place
    if key.rsplit("/", 1)[-1] == _INVENTORY:
        return Source(SourceKind.INVENTORY, bucket, key)
    return Source(SourceKind.LIST if key.endswith(_LISTS) else SourceKind.PREFIX, bucket, key)


def split_uri(text: str) -> tuple[str, str] | None:
    """Bucket and key of an `s3://` address; None for anything else."""
    match = _URI.fullmatch(text.strip())
    if match is None:
        return None
    key = match["key"] or ""
    return None if len(key.encode()) > _LONGEST_KEY_BYTES else (match["bucket"], key)


def allowed_places(texts: Iterable[str], *, documents_bucket: str, tenant: str) -> tuple[AllowedSource, ...]:
    """The setting `bulk_sources` for a tenant: `s3://<bucket>/<prefix>`, or a prefix of the documents bucket;
    `{tenant}` in it stands for the tenant's name."""
    named = (text.replace("{tenant}", tenant) for text in texts)
    places = (split_uri(text) or (documents_bucket, text) for text in named)
    return tuple(AllowedSource(bucket, prefix, tenant) for bucket, prefix in places)


def check_source(source: Source, tenant: str, allowed: Iterable[AllowedSource]) -> None:
    """Raises InvalidInputError when this tenant's runs may not read there."""
    places = places_of(tenant, allowed)
    if not any(within(source.bucket, source.key, place) for place in places):
        known = ", ".join(f"s3://{place.bucket}/{place.prefix}" for place in places) or "none"
        raise _invalid(f"{source.uri} is outside what your runs may read ({known}); the operator can allow it")


def places_of(tenant: str, allowed: Iterable[AllowedSource]) -> tuple[AllowedSource, ...]:
    """What this tenant's runs may read."""
    return tuple(place for place in allowed if place.tenant in (None, tenant))


def within(bucket: str, key: str, place: AllowedSource) -> bool:
    """Whether an object, or everything below a prefix, lies in the place."""
    return bucket == place.bucket and key.startswith(place.prefix)


def overlap(one: Source, other: Source) -> bool:
    """Whether two runs would take the same documents, as far as their sources tell."""
    if one.bucket != other.bucket:
        return False
    if one.kind is other.kind is SourceKind.PREFIX:
        return one.key.startswith(other.key) or other.key.startswith(one.key)
    return one == other


def _invalid(detail: str) -> InvalidInputError:
    return InvalidInputError(detail, errors=(FieldError("/source", detail),))
