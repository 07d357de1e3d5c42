"""Reads a function's environment into its typed Settings; the only reader of os.environ besides the streaming loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

SettingsT = TypeVar("SettingsT")

_PARSERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": lambda text: text == "true",
}


class SettingsError(Exception):
    """An environment variable is missing or of the wrong type: the template and the handler disagree."""


def load_settings(settings_class: type[SettingsT], environ: Mapping[str, str] | None = None) -> SettingsT:
    """Build `settings_class` (a dataclass of str, int, float and bool fields) from variables named like its
    fields in upper case. Every field must be set and not empty."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for field in fields(settings_class):  # type: ignore[arg-type]
        name = field.name.upper()
        text = environ.get(name, "")
        if not text:
            raise SettingsError(f"environment variable {name} is not set")
        try:
            values[field.name] = _PARSERS[str(field.type)](text)
        except ValueError as error:
            raise SettingsError(f"environment variable {name} is not a valid {field.type}") from error
    return settings_class(**values)
