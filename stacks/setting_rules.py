"""Rules for single settings: each turns a JSON value into a checked value, or says in one line what to change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

Rule = Callable[[Any, str], Any]
SettingsT = TypeVar("SettingsT")


class SettingsError(Exception):
    """A setting in cdk.json is missing, unknown or wrong; the message is one line that names the key and the remedy."""


def refuse(path: str, remedy: str) -> SettingsError:
    """The one shape that every such message has. `path` is dotted, from the context key on."""
    return SettingsError(f"cdk.json: {path} {remedy}")


def read(settings_class: type[SettingsT], value: Any, path: str) -> SettingsT:
    """Build a dataclass from a JSON object that has exactly its fields: each is `Annotated` with its rule, or is a
    dataclass of this kind itself. There are no defaults: cdk.json holds every value."""
    if not isinstance(value, Mapping):
        raise refuse(path, f"must be an object with the settings of {settings_class.__name__}, not {_shown(value)}")
    hints = get_type_hints(settings_class, include_extras=True)
    rules: dict[str, Rule] = {
        name: hint.__metadata__[0] if hasattr(hint, "__metadata__") else nested(hint) for name, hint in hints.items()
    }
    for name in value:
        if name not in rules:
            raise refuse(f"{path}.{name}", f"is not a setting; remove it, or use one of: {', '.join(rules)}")
    for name in rules:
        if name not in value:
            raise refuse(f"{path}.{name}", "is missing; docs/operations.md lists every setting with its usual value")
    return settings_class(**{name: rule(value[name], f"{path}.{name}") for name, rule in rules.items()})


def nested(settings_class: type[Any]) -> Rule:
    return lambda value, path: read(settings_class, value, path)


def one_of(*choices: Any) -> Rule:
    """One of these JSON scalars; booleans and numbers are not mixed up."""

    def rule(value: Any, path: str) -> Any:
        for choice in choices:
            if value == choice and type(value) is type(choice):
                return choice
        raise refuse(path, f"is {_shown(value)}; use one of: {', '.join(_shown(choice) for choice in choices)}")

    return rule


def whole_number(low: int, high: int) -> Rule:
    """An integer within the bounds, both included."""

    def rule(value: Any, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise refuse(path, f"is {_shown(value)}; use a whole number from {low} to {high}")
        if not low <= value <= high:
            raise refuse(path, f"is {_shown(value)}; it must be from {low} to {high}")
        return int(value)

    return rule


def number(low: float, high: float) -> Rule:
    """A number within the bounds, both included."""

    def rule(value: Any, path: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise refuse(path, f"is {_shown(value)}; use a number from {low} to {high}")
        return float(value)

    return rule


def text(pattern: str, *, meaning: str) -> Rule:
    """A string that matches `pattern` whole; `meaning` completes the sentence 'use ...'."""

    def rule(value: Any, path: str) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            raise refuse(path, f"is {_shown(value)}; use {meaning}")
        return value

    return rule


def list_of(rule: Rule, *, most: int) -> Rule:
    """A list of at most `most` different values, as a tuple."""

    def read_list(value: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise refuse(path, f"is {_shown(value)}; use a list")
        if len(value) > most:
            raise refuse(path, f"has {len(value)} entries; {most} is the most")
        read_values = tuple(rule(each, f"{path}[{index}]") for index, each in enumerate(value))
        for index, each in enumerate(read_values):
            if each in read_values[:index]:
                raise refuse(f"{path}[{index}]", f"repeats {_shown(value[index])}; remove it")
        return read_values

    return read_list


def map_of(keys: Rule, values: Rule) -> Rule:
    """An object as a sorted tuple of pairs, so that it is frozen and its order cannot change a template."""

    def rule(value: Any, path: str) -> tuple[tuple[str, Any], ...]:
        if not isinstance(value, Mapping):
            raise refuse(path, f"is {_shown(value)}; use an object")
        return tuple(sorted((keys(key, f"{path}.{key}"), values(each, f"{path}.{key}")) for key, each in value.items()))

    return rule


def _shown(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else shown[:57] + "..."
