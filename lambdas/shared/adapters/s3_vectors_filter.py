"""A metadata filter as the filter document of S3 Vectors.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html
"""

from __future__ import annotations

from typing import Any

from lambdas.shared.domain.metadata_filter import AllOf, Comparison, MetadataFilter

# AWS does not say what these mean where the key is missing; said like this they do not hold, as ours.
_WANT_THE_KEY = frozenset({"$ne", "$nin"})


def filter_document(condition: MetadataFilter) -> dict[str, Any]:
    """The document; no condition takes more than two of the 100 constraints of a query."""
    if isinstance(condition, Comparison):
        return _comparison(condition)
    join = "$and" if isinstance(condition, AllOf) else "$or"
    return {join: [filter_document(member) for member in condition.members]}


def _comparison(condition: Comparison) -> dict[str, Any]:
    value = list(condition.value) if isinstance(condition.value, tuple) else condition.value
    test = {condition.key: {condition.operator: value}}
    if condition.operator in _WANT_THE_KEY:
        return {"$and": [{condition.key: {"$exists": True}}, test]}
    return test
