"""Reads a caller's metadata filter: {"year": {"$gte": 2020}, "source": "report", "$or": [...]}."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from lambdas.shared.domain.metadata import key_problem, pointer_to, refused, value_problem
from lambdas.shared.domain.metadata_filter import AllOf, AnyOf, Comparison, MetadataFilter, MetadataValue, Operator

MAX_DEPTH = 8
# S3 Vectors takes 100 a query: translating some operators takes two, and a store may add the tenant.
MAX_CONDITIONS = 48
MAX_CHOICES = 48
_JOINS: dict[str, Callable[[tuple[MetadataFilter, ...]], MetadataFilter]] = {"$and": AllOf, "$or": AnyOf}
_OPERATORS: tuple[str, ...] = get_args(Operator)
_ORDERED = frozenset({"$gt", "$gte", "$lt", "$lte"})


def parse_filter(raw: object, pointer: str = "/filter") -> MetadataFilter:
    """The filter in `raw`, which came from JSON; `pointer` is its place in the request's body.

    Raises InvalidInputError with the JSON pointer of what is wrong: an unknown operator, an empty object or list, a
    value of the wrong type, a reserved key, more than 48 conditions, more than 8 levels.
    """
    return _Parser().filter(raw, pointer, depth=1)


@dataclass
class _Parser:
    conditions: int = 0

    def filter(self, raw: object, pointer: str, *, depth: int) -> MetadataFilter:
        members = _object(raw, pointer, depth)
        return _all_of(self._member(key, value, pointer_to(pointer, key), depth) for key, value in members.items())

    def _member(self, key: str, value: object, pointer: str, depth: int) -> MetadataFilter:
        if join := _JOINS.get(key):
            if not isinstance(value, list) or not value:
                raise refused(pointer, "must be a list of one filter or more")
            parts = [self.filter(each, pointer_to(pointer, at), depth=depth + 1) for at, each in enumerate(value)]
            return parts[0] if len(parts) == 1 else join(tuple(parts))
        if key.startswith("$"):
            raise refused(pointer, f"unknown operator; filters are joined by {' and '.join(_JOINS)}")
        if problem := key_problem(key):
            raise refused(pointer, problem)
        if not isinstance(value, Mapping):
            return self._comparison(key, "$eq", value, pointer)
        tests = _object(value, pointer, depth)
        return _all_of(self._comparison(key, name, each, pointer_to(pointer, name)) for name, each in tests.items())

    def _comparison(self, key: str, operator: str, value: object, pointer: str) -> Comparison:
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise refused(pointer, f"a filter has at most {MAX_CONDITIONS} conditions")
        if operator not in _OPERATORS:
            raise refused(pointer, f"unknown operator; known are {', '.join(_OPERATORS)}")
        if problem := _operand_problem(operator, value):
            raise refused(pointer, problem)
        operand = tuple(value) if isinstance(value, list) else cast(MetadataValue, value)
        return Comparison(key, cast(Operator, operator), operand)


def _object(raw: object, pointer: str, depth: int) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise refused(pointer, "must be an object of conditions")
    if not raw:
        raise refused(pointer, "must not be empty; leave it out")
    if depth > MAX_DEPTH:
        raise refused(pointer, f"a filter has at most {MAX_DEPTH} levels")
    return raw


def _operand_problem(operator: str, value: object) -> str | None:
    if operator == "$exists":
        return None if isinstance(value, bool) else "must be true or false"
    if operator in _ORDERED and (isinstance(value, bool) or not isinstance(value, int | float)):
        return "must be a number"
    if operator not in {"$in", "$nin"}:
        return value_problem(value)
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_CHOICES:
        return f"must be a list of 1 to {MAX_CHOICES} values"
    return next((problem for each in value if (problem := value_problem(each))), None)


def _all_of(members: Iterable[MetadataFilter]) -> MetadataFilter:
    parts = tuple(members)
    return parts[0] if len(parts) == 1 else AllOf(parts)
