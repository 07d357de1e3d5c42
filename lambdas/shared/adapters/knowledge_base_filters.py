"""A caller's metadata filter in the grammar of Knowledge Bases, always together with the tenant.

https://docs.aws.amazon.com/bedrock/latest/userguide/kb-test-config.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.domain.metadata_filter import AllOf, AnyOf, Comparison, MetadataFilter

TENANT = "tenant"
# Of one group; groups within the outermost one hold no groups again.
_MOST_MEMBERS = 5
_OPERATORS = {
    "$eq": "equals",
    "$ne": "notEquals",
    "$gt": "greaterThan",
    "$gte": "greaterThanOrEquals",
    "$lt": "lessThan",
    "$lte": "lessThanOrEquals",
    "$in": "in",
    "$nin": "notIn",
}


def retrieval_filter(tenant: str, condition: MetadataFilter | None) -> dict[str, Any]:
    """The tenant alone, or the tenant and all of the caller's conditions. Raises InvalidInputError for what a
    Knowledge Base cannot hold."""
    own = {"equals": {"key": TENANT, "value": tenant}}
    if condition is None:
        return own
    members = list(_joined(AllOf, condition))
    return {"andAll": _limited([own, *(_member(each) for each in members)], "$and", _MOST_MEMBERS - 1)}


def _member(condition: MetadataFilter) -> dict[str, Any]:
    if isinstance(condition, Comparison):
        return _comparison(condition)
    alternatives = list(_joined(AnyOf, condition))
    if not all(isinstance(each, Comparison) for each in alternatives):
        raise _refused("must have its $and outside and its $or inside; Knowledge Bases hold no $and within an $or")
    members = [_comparison(each) for each in alternatives if isinstance(each, Comparison)]
    return {"orAll": _limited(members, "$or", _MOST_MEMBERS)} if len(members) > 1 else members[0]


def _joined(kind: type[AllOf | AnyOf], condition: MetadataFilter) -> Iterator[MetadataFilter]:
    """The members of a group, those of groups of the same kind within it, and of groups of one, too."""
    if isinstance(condition, Comparison) or not (isinstance(condition, kind) or len(condition.members) == 1):
        yield condition
        return
    for member in condition.members:
        yield from _joined(kind, member)


def _comparison(comparison: Comparison) -> dict[str, Any]:
    name = _OPERATORS.get(comparison.operator)
    if name is None:
        raise _refused(f"must not use {comparison.operator} in a Knowledge Base; compare with a value instead")
    value = list(comparison.value) if isinstance(comparison.value, tuple) else comparison.value
    return {name: {"key": comparison.key, "value": value}}


def _limited(members: list[dict[str, Any]], join: str, most: int) -> list[dict[str, Any]]:
    if len(members) > _MOST_MEMBERS:
        remedy = f"must join at most {most} conditions by {join} in a Knowledge Base; use $in for one key's values"
        raise _refused(remedy)
    return members


def _refused(remedy: str) -> InvalidInputError:
    return InvalidInputError(f"/filter: {remedy}.", errors=(FieldError("/filter", remedy),))
