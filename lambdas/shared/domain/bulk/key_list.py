"""Reads lists of documents: CSV, JSON lines, and the CSV files of an S3 inventory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from lambdas.shared.domain.bulk.listing import Entry, Page
from lambdas.shared.domain.bulk.source import AllowedSource, split_uri, within
from lambdas.shared.domain.errors import InvalidInputError

_HEADERS = frozenset({"uri", "s3_uri", "url", "bucket"})


class Inventory(NamedTuple):
    """An inventory's data files and the order of their columns."""

    bucket: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]


def list_page(
    lines: Iterable[str], *, json_lines: bool, places: Sequence[AllowedSource], first_line: int, next_token: str | None
) -> Page:
    """A part of a list. Each line is an `s3://` address, or bucket and key; blank lines and a header are passed over.

    Foreign addresses and lines that cannot be read are rejected with their number (from `first_line` on).
    """
    entries, rejected = [], []
    rows = _json_rows(lines) if json_lines else csv.reader(lines)
    for number, row in enumerate(rows, first_line):
        if not row or (number == 1 and not json_lines and row[0].strip().lower() in _HEADERS):
            continue
        entry, reason = _entry(row, places)
        if entry is not None:
            entries.append(entry)
        else:
            rejected.append(f"line {number}: {reason}")
    return Page(entries, next_token, rejected)


def read_inventory(manifest: Any) -> Inventory:
    """The manifest.json of an S3 inventory. Raises InvalidInputError for another format than CSV.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
    """
    try:
        columns = tuple(name.strip() for name in manifest["fileSchema"].split(","))
        bucket = manifest["destinationBucket"].removeprefix("arn:aws:s3:::")
        keys = tuple(file["key"] for file in manifest["files"])
        format_ = manifest["fileFormat"]
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError("the manifest is not one of an S3 inventory") from error
    if format_ != "CSV" or not {"Bucket", "Key"} <= set(columns):
        raise InvalidInputError(
            f"the inventory is {format_}; only CSV with Bucket and Key is read: make one of that kind"
        )
    return Inventory(bucket, keys, columns)


def inventory_page(
    lines: Iterable[str], inventory: Inventory, *, places: Sequence[AllowedSource], next_token: str | None
) -> Page:
    """One data file (unpacked) of an inventory: current versions only, keys URL-decoded."""
    entries, rejected = [], []
    at = {name: index for index, name in enumerate(inventory.columns)}
    for number, row in enumerate(csv.reader(lines), 1):
        if not row or _is_old(row, at):
            continue
        size = row[at["Size"]] if "Size" in at else ""
        entry = Entry(row[at["Bucket"]], unquote_plus(row[at["Key"]]), int(size) if size.isdigit() else None)
        if any(within(entry.bucket, entry.key, place) for place in places):
            entries.append(entry)
        else:
            rejected.append(f"row {number}: s3://{entry.bucket} is outside what your runs may read")
    return Page(entries, next_token, rejected)


def _is_old(row: Sequence[str], at: dict[str, int]) -> bool:
    def says(column: str, value: str) -> bool:
        return column in at and row[at[column]].strip().lower() == value

    return says("IsLatest", "false") or says("IsDeleteMarker", "true")


def _json_rows(lines: Iterable[str]) -> Iterator[list[str]]:
    for line in lines:
        if not line.strip():
            yield []
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            yield [line]
            continue
        if isinstance(value, dict):
            named = value.get("uri") or value.get("s3_uri") or value.get("url")
            value = named or [value.get("bucket"), value.get("key")]
        yield [str(each) for each in (value if isinstance(value, list) else [value])]


def _entry(row: Sequence[str], places: Sequence[AllowedSource]) -> tuple[Entry | None, str]:
    first = row[0].strip()
    if "://" not in first and len(row) > 1:
        first = f"s3://{first}/{row[1].strip()}"
    place = split_uri(first)
    if place is None or not place[1]:
        return None, "no address of an S3 object (s3://<bucket>/<key>)"
    if not any(within(*place, allowed) for allowed in places):
        return None, f"s3://{place[0]} is outside what your runs may read"
    return Entry(*place), ""
