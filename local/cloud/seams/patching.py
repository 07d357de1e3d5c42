"""How a seam replaces a name inside moto: it fails at once when an upgrade has moved that name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class SeamMovedError(RuntimeError):
    """moto no longer has the name that a seam replaces: pin moto again or adapt the seam."""


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace `owner.name` (a class or module attribute) by `make(original)`.

    Class and static methods are unwrapped for `make` and wrapped again, so `make` sees and returns plain functions.
    """
    try:
        raw = inspect.getattr_static(owner, name)
    except AttributeError as missing:
        where = getattr(owner, "__qualname__", None) or getattr(owner, "__name__", repr(owner))
        raise SeamMovedError(f"moto has moved {where}.{name}; the local cloud cannot replace it") from missing
    if isinstance(raw, (classmethod, staticmethod)):
        setattr(owner, name, type(raw)(make(raw.__func__)))
    else:
        setattr(owner, name, _signed(make(raw), raw))


def _signed(new: Any, original: Any) -> Any:
    """With the original's signature for whoever asks."""
    if inspect.isfunction(new) and inspect.isfunction(original) and new is not original:
        new.__wrapped__ = original  # type: ignore[attr-defined]
    return new


def provide(owner: Any, name: str, value: Any) -> None:
    """Give `owner` an attribute that moto lacks; a later moto that has it keeps its own."""
    if not hasattr(owner, name):
        setattr(owner, name, value)
