"""Finds every operation that a capability describes in its `openapi.py`."""

from __future__ import annotations

import importlib
from pathlib import Path

from lambdas.shared.runtime.operation import Operation

ROOT = Path(__file__).resolve().parents[2]
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def all_operations() -> tuple[Operation, ...]:
    """By path, then by method."""
    found: list[Operation] = []
    for file in sorted((ROOT / "lambdas").glob("*/openapi.py")):
        found += importlib.import_module(f"lambdas.{file.parent.name}.openapi").OPERATIONS
    return tuple(sorted(found, key=lambda each: (each.path, _METHODS.index(each.method))))
