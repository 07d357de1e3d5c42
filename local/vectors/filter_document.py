"""The metadata filters of QueryVectors, read from their documentation.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-metadata-filtering.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any

from local.vectors.errors import VectorsValidationError

Metadata = Mapping[str, Any]
Test = Callable[[Metadata], bool]
_MAX_CONSTRAINTS = 100
_MISSING: Any = object()
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def read_filter(document: Any, non_filterable: Collection[str]) -> Test:
    """The test that a vector's metadata must pass; raises VectorsValidationError for a bad filter."""
    budget = [_MAX_CONSTRAINTS]
    return _filter(document, non_filterable, budget)


def _filter(document: Any, non_filterable: Collection[str], budget: list[int]) -> Test:
    if not isinstance(document, Mapping) or not document:
        raise VectorsValidationError("Invalid query filter: must be a non-empty object")
    tests = [_member(key, value, non_filterable, budget) for key, value in document.items()]
    return lambda metadata: all(test(metadata) for test in tests)


def _member(key: str, value: Any, non_filterable: Collection[str], budget: list[int]) -> Test:
    if key in {"$and", "$or"}:
        if not isinstance(value, list) or not value:
            raise VectorsValidationError(f"Invalid query filter: {key} takes a non-empty array of filters")
        join = all if key == "$and" else any
        tests = [_filter(each, non_filterable, budget) for each in value]
        return lambda metadata: join(test(metadata) for test in tests)
    if key.startswith("$"):
        raise VectorsValidationError(f"Invalid query filter: unknown operator {key}")
    if key in non_filterable:
        raise VectorsValidationError(f"Invalid query filter: metadata key {key} is not filterable")
    conditions = value if isinstance(value, Mapping) else {"$eq": value}
    if not conditions:
        raise VectorsValidationError(f"Invalid query filter: {key} has no condition")
    tests = [_condition(key, name, operand, budget) for name, operand in conditions.items()]
    return lambda metadata: all(test(metadata) for test in tests)


def _condition(key: str, name: str, operand: Any, budget: list[int]) -> Test:
    budget[0] -= 1
    if budget[0] < 0:
        raise VectorsValidationError(f"Invalid query filter: more than {_MAX_CONSTRAINTS} constraints")
    check = _operator(name, operand)
    return lambda metadata: check(metadata.get(key, _MISSING))


def _operator(name: str, operand: Any) -> Callable[[Any], bool]:
    if name == "$exists" and isinstance(operand, bool):
        return lambda stored: (stored is not _MISSING) is operand
    if (compare := _COMPARISONS.get(name)) and _is_number(operand):
        return lambda stored: _is_number(stored) and compare(stored, operand)
    if name == "$startsWith" and isinstance(operand, str):
        return lambda stored: isinstance(stored, str) and stored.startswith(operand)
    if name in {"$eq", "$ne"} and _is_primitive(operand):
        return _membership([operand], wanted=name == "$eq")
    if name in {"$in", "$nin"} and isinstance(operand, list) and operand and all(map(_is_primitive, operand)):
        return _membership(operand, wanted=name == "$in")
    raise VectorsValidationError(f"Invalid query filter: operator {name} does not take this value")


def _membership(values: list[Any], *, wanted: bool) -> Callable[[Any], bool]:
    """The documentation is silent about `$ne` and `$nin` of a missing key; here it passes, as in MongoDB."""
    choices = {_typed(value) for value in values}

    def check(stored: Any) -> bool:
        stored_values = stored if isinstance(stored, list) else [stored]
        return any(_typed(each) in choices for each in stored_values) is wanted

    return check


def _typed(value: Any) -> tuple[bool, Any]:
    """`true` is not 1, and 1 is 1.0."""
    return isinstance(value, bool), value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_primitive(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)
