"""Whether metadata fulfils a filter: the meaning of each operator, in one place."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lambdas.shared.domain.metadata_filter import AllOf, AnyOf, Comparison, MetadataFilter

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def matches(condition: MetadataFilter, metadata: Mapping[str, object]) -> bool:
    """A key that is not there fulfils `{"$exists": false}` and nothing else, `$ne` and `$nin` included. Of a list, one
    equal member is enough for `$eq` and `$in`, and too much for `$ne` and `$nin`."""
    if isinstance(condition, AllOf):
        return all(matches(member, metadata) for member in condition.members)
    if isinstance(condition, AnyOf):
        return any(matches(member, metadata) for member in condition.members)
    return _holds(condition, metadata)


def _holds(condition: Comparison, metadata: Mapping[str, object]) -> bool:
    if condition.operator == "$exists":
        return (condition.key in metadata) is condition.value
    if condition.key not in metadata:
        return False
    stored = metadata[condition.key]
    if compare := _ORDERED.get(condition.operator):
        return _is_number(stored) and compare(stored, condition.value)
    wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return _has_any(stored, wanted) is (condition.operator in {"$eq", "$in"})


def _has_any(stored: object, wanted: Sequence[object]) -> bool:
    values = stored if isinstance(stored, list | tuple) else (stored,)
    return any(_same(value, each) for value in values for each in wanted)


def _same(left: object, right: object) -> bool:
    """JSON's equality: `true` is not 1, and 1 is 1.0."""
    return isinstance(left, bool) is isinstance(right, bool) and left == right


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
