"""One fault rule: which calls or events it meets, how often, and what it does to them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from local.faults.kinds import EVENT_SERVICES, JOB_SERVICE, KINDS, Kind
from local.faults.operation_names import is_service, operations_of

_WILD = frozenset("*?[")


class FaultRuleError(ValueError):
    """A rule that cannot be used; the message is one line for the person who wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """`service`, `operation` and `function` are patterns (`*`, `?`), upper and lower case alike.

    `rate` 0..1 is the share of matching calls that are hit, drawn from the rule's own generator started with `seed`;
    the first `skip` matches are left alone; after `count` hits the rule rests. `params` depend on the kind.
    """

    kind: str
    service: str
    operation: str = "*"
    function: str = "*"
    rate: float = 1.0
    count: int | None = None
    skip: int = 0
    seed: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)

    def meets(self, *, service: str, operation: str, function: str) -> bool:
        """Whether the patterns fit."""
        pairs = ((self.service, service), (self.operation, operation), (self.function, function))
        return all(fnmatchcase(name.lower(), pattern.lower()) for pattern, name in pairs)

    @property
    def subject(self) -> str:
        """What the kind acts on: call, stream, event or job."""
        return KINDS[self.kind].subject


_FIELDS = {each.name: each for each in dataclasses.fields(FaultRule)}
_TEXTS = ("service", "operation", "function")


def rule_from(value: object) -> FaultRule:
    """The rule that a JSON object describes; raises FaultRuleError."""
    if not isinstance(value, Mapping):
        raise FaultRuleError("a fault rule is a JSON object with at least a `kind`")
    kind = KINDS.get(str(value.get("kind")))
    if kind is None:
        raise FaultRuleError(f"unknown kind {value.get('kind')!r}; there are: {', '.join(KINDS)}")
    unknown = [name for name in value if name not in _FIELDS]
    if unknown:
        raise FaultRuleError(f"unknown field {unknown[0]!r}; a rule has: {', '.join(_FIELDS)}")
    given = {"service": kind.service, **{name: each for name, each in value.items() if each is not None}}
    _check_fields(given)
    _check_params(str(value["kind"]), kind, given.get("params", {}))
    _check_target(kind, given["service"], given.get("operation", "*"))
    return FaultRule(**given)


def rules_from(value: object) -> tuple[FaultRule, ...]:
    """A rule, a list of rules or `{"rules": [...]}`; raises FaultRuleError."""
    if isinstance(value, Mapping) and "rules" in value:
        if len(value) > 1:
            raise FaultRuleError("beside `rules` nothing else can stand")
        value = value["rules"]
    return tuple(rule_from(each) for each in (value if isinstance(value, list) else [value]))


def read_rules(path: Path) -> tuple[FaultRule, ...]:
    """The rules of a JSON file; raises FaultRuleError, with the file's name."""
    try:
        return rules_from(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise FaultRuleError(f"{path}: {error}") from error


def _check_fields(given: Mapping[str, Any]) -> None:
    for name in _TEXTS:
        if name in given and (not isinstance(given[name], str) or not given[name]):
            raise FaultRuleError(f"{name} must be a pattern such as `Converse*`")
    rate = given.get("rate", 1.0)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
        raise FaultRuleError(f"rate must be a number from 0 to 1, not {rate!r}")
    for name, least in (("count", 1), ("skip", 0), ("seed", None)):
        number = given.get(name, least or 0)
        if isinstance(number, bool) or not isinstance(number, int) or (least is not None and number < least):
            raise FaultRuleError(f"{name} must be a whole number{'' if least is None else f' of at least {least}'}")


def _check_params(name: str, kind: Kind, params: object) -> None:
    if not isinstance(params, Mapping):
        raise FaultRuleError("params must be an object")
    known = ", ".join(kind.parameters) or "none"
    for key, value in params.items():
        if key not in kind.parameters:
            raise FaultRuleError(f"unknown parameter {key!r} of {name}; it takes: {known}")
        problem = kind.parameters[key].problem_with(value)
        if problem:
            raise FaultRuleError(f"parameter {key} of {name} {problem}")
    missing = [key for key, parameter in kind.parameters.items() if parameter.required and key not in params]
    if missing:
        raise FaultRuleError(f"{name} needs the parameter {missing[0]}")


def _check_target(kind: Kind, service: str, operation: str) -> None:
    """A misspelt name would be a rule that never fires."""
    if _WILD & set(service):
        return
    if kind.subject == "event":
        if service not in EVENT_SERVICES:
            raise FaultRuleError(f"events are delivered by {', '.join(EVENT_SERVICES)}, not by {service!r}")
        return
    if kind.subject == "job":
        if service != JOB_SERVICE:
            raise FaultRuleError(f"batch jobs belong to {JOB_SERVICE}, not to {service!r}")
        return
    if not is_service(service):
        raise FaultRuleError(f"unknown service {service!r}; use boto3's name, e.g. bedrock-runtime, dynamodb, s3")
    if not _WILD & set(operation) and operation.lower() not in {name.lower() for name in operations_of(service)}:
        raise FaultRuleError(f"{service} has no operation {operation!r}; patterns are allowed, e.g. `Converse*`")
