"""Conditions on the metadata of passages and vectors, as callers write them; each store translates them.

The grammar is that of S3 Vectors: {"year": {"$gte": 2020}, "source": "report"}, joined by "$and" and "$or".
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html
"""

from __future__ import annotations

from typing import Literal, NamedTuple

MetadataValue = str | int | float | bool
Operator = Literal["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists"]


class Comparison(NamedTuple):
    """One condition; `value` is a tuple for `$in` and `$nin`, a bool for `$exists`."""

    key: str
    operator: Operator
    value: MetadataValue | tuple[MetadataValue, ...]


class AllOf(NamedTuple):
    """Every member holds; never empty."""

    members: tuple[MetadataFilter, ...]


class AnyOf(NamedTuple):
    """At least one member holds; never empty."""

    members: tuple[MetadataFilter, ...]


MetadataFilter = Comparison | AllOf | AnyOf
