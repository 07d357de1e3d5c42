"""What documents and runs have cost so far."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

_NOTHING = Decimal(0)


class Spent(NamedTuple):
    """USD; `cost_usd` is all of it and holds `guardrail_usd`, the part of text assessments, as in the ledger. None =
    not known, which is not the same as nothing."""

    cost_usd: Decimal | None = _NOTHING
    guardrail_usd: Decimal | None = _NOTHING

    @property
    def token_usd(self) -> Decimal | None:
        """The models' part."""
        return self.cost_usd if self.cost_usd is None or self.guardrail_usd is None else self.cost_usd - self._guardrail

    @property
    def _guardrail(self) -> Decimal:
        return self.guardrail_usd or _NOTHING

    def plus(self, other: Spent) -> Spent:
        """Both together."""
        return Spent(add_usd(self.cost_usd, other.cost_usd), add_usd(self.guardrail_usd, other.guardrail_usd))

    def minus(self, before: Spent) -> Spent:
        """What has come on top of `before`."""
        return self.plus(Spent(*(None if usd is None else -usd for usd in before)))

    def as_json(self) -> dict[str, str | None]:
        """Decimal texts."""
        return {name: None if usd is None else str(usd) for name, usd in self._asdict().items()}


def assessed(usd: Decimal | None) -> Spent:
    """What an assessment alone has cost."""
    return Spent(usd, usd)


def spent_from(fields: Mapping[str, Any]) -> Spent:
    """The inverse of `Spent.as_json`; other fields are passed over."""
    return Spent(*(None if fields[name] is None else Decimal(fields[name]) for name in Spent._fields))


def add_usd(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """None wherever one of them is not known."""
    return None if one is None or other is None else one + other
