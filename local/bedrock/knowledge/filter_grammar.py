"""Retrieve's filter grammar: a filter is checked as the service does, and becomes a condition on metadata.

https://docs.aws.amazon.com/bedrock/latest/userguide/kb-test-config.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from local.bedrock.errors import ValidationError
from local.bedrock.knowledge.passages import Condition

_LISTS = {"in", "notIn"}
_NUMBERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "greaterThan": operator.gt,
    "greaterThanOrEquals": operator.ge,
    "lessThan": operator.lt,
    "lessThanOrEquals": operator.le,
}
_TEXTS = {"startsWith", "stringContains", "listContains"}
_NOT_IN_S3_VECTORS = {"startsWith", "stringContains"}
_MOST_MEMBERS = 5  # of one andAll or orAll
_MOST_LEVELS = 2  # a group, and groups within it


def condition_for(given: Mapping[str, Any] | None, *, storage: str) -> Condition:
    """Raises ValidationError for what the grammar or the vector store does not allow. A key that a passage does not
    have fulfils `notEquals` and `notIn` and nothing else."""
    return _condition(given, storage, 0) if given is not None else lambda _: True


def _condition(given: Mapping[str, Any], storage: str, depth: int) -> Condition:
    if len(given) != 1:
        raise ValidationError("A retrieval filter must have exactly one operator.")
    ((name, value),) = given.items()
    if name in {"andAll", "orAll"}:
        return _group(name, value, storage, depth)
    if name in _NOT_IN_S3_VECTORS and storage == "S3_VECTORS":
        raise ValidationError(f"The {name} filter is not supported for the vector store type S3_VECTORS.")
    return _comparison(name, str(value["key"]), value["value"])


def _group(name: str, members: list[Mapping[str, Any]], storage: str, depth: int) -> Condition:
    if not 2 <= len(members) <= _MOST_MEMBERS:
        raise ValidationError(f"{name} takes 2 to {_MOST_MEMBERS} filters, not {len(members)}.")
    if depth >= _MOST_LEVELS:
        raise ValidationError("Groups of retrieval filters can be nested one level deep only.")
    conditions = [_condition(member, storage, depth + 1) for member in members]
    every = all if name == "andAll" else any
    return lambda metadata: every(condition(metadata) for condition in conditions)


def _comparison(name: str, key: str, wanted: Any) -> Condition:
    _check(name, wanted)
    if name in _NUMBERS:
        compare = _NUMBERS[name]
        return lambda metadata: _is_number(metadata.get(key)) and compare(metadata[key], wanted)
    tests: Mapping[str, Callable[[Any], bool]] = {
        "equals": lambda stored: _any_of(stored, [wanted]),
        "notEquals": lambda stored: not _any_of(stored, [wanted]),
        "in": lambda stored: _any_of(stored, wanted),
        "notIn": lambda stored: not _any_of(stored, wanted),
        "startsWith": lambda stored: isinstance(stored, str) and stored.startswith(wanted),
        "listContains": lambda stored: isinstance(stored, list) and wanted in stored,
        "stringContains": lambda stored: any(wanted in each for each in _texts(stored)),
    }
    test, without_key = tests[name], name in {"notEquals", "notIn"}
    return lambda metadata: test(metadata[key]) if key in metadata else without_key


def _check(name: str, wanted: Any) -> None:
    if name in _LISTS and (not isinstance(wanted, list) or not wanted):
        raise ValidationError(f"The value of an {name} filter must be a list with at least one element.")
    if name in _NUMBERS and not _is_number(wanted):
        raise ValidationError(f"The value of a {name} filter must be a number.")
    if name in _TEXTS and not isinstance(wanted, str):
        raise ValidationError(f"The value of a {name} filter must be a string.")
    if name not in _LISTS and isinstance(wanted, list | dict):
        raise ValidationError(f"The value of a {name} filter must be a string, a number or a boolean.")


def _any_of(stored: Any, wanted: list[Any]) -> bool:
    values = stored if isinstance(stored, list) else [stored]
    return any(
        isinstance(left, bool) is isinstance(right, bool) and left == right for left in values for right in wanted
    )


def _texts(stored: Any) -> list[str]:
    values = stored if isinstance(stored, list) else [stored]
    return [each for each in values if isinstance(each, str)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
