"""Leftovers without an account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from botocore.exceptions import ClientError

from ops.leftovers.inventory import TAG, Inventory, Leftover
from ops.leftovers.kind import Say, Size


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Delete")


class InMemoryKind:
    """Things by name, with their deployment; names in `stuck` fail in their own way."""

    label = "thing"
    arn = re.compile(r"arn:thing:(.+)")

    def __init__(self, things: Mapping[str, str], *, stuck: Mapping[str, Exception] | None = None) -> None:
        self.things = dict(things)
        self._stuck = stuck or {}

    def size(self, name: str) -> Size | None:
        return Size(0, Decimal(0)) if name in self.things else None

    def tags(self, name: str, arn: str) -> Mapping[str, str]:
        if name not in self.things:
            raise refusal("ResourceNotFoundException")
        return {TAG: self.things[name]} if self.things[name] else {}

    def delete(self, name: str, say: Say) -> None:
        if name in self._stuck:
            raise self._stuck[name]
        del self.things[name]


def leftover(kind: InMemoryKind, name: str, *, size: Size | None = None, **values: object) -> Leftover:
    fields: dict = {"in_use": None, "problem": "", **values}
    return Leftover(kind=kind, name=name, arn=f"arn:thing:{name}", size=size, **fields)


def inventory(*leftovers: Leftover, stacks: tuple[str, ...] = (), others: Mapping[str, int] | None = None) -> Inventory:
    return Inventory("eu-west-1", stacks, leftovers, others or {})
