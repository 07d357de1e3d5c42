"""What the documents of one step add up to: outcomes, money, and what answers took. It goes into the step's commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.shared.domain.bulk.answered_usage import AnsweredUsage
from lambdas.shared.domain.bulk.outcome import Account, account_from
from lambdas.shared.domain.bulk.spending import Spent, spent_from

_NOTHING = Spent()


@dataclass(slots=True)
class StepBooks:
    """`spent` counts what this step has added to what was spent on its documents before."""

    account: Account = field(default_factory=Account)
    spent: Spent = _NOTHING
    usage: AnsweredUsage = AnsweredUsage()  # noqa: RUF009 - a value

    def add_spent(self, now: Spent, *, before: Spent = _NOTHING) -> None:
        """A document has cost `now` in all, of which others have counted `before`."""
        self.spent = self.spent.plus(now.minus(before))

    def add_usage(self, more: AnsweredUsage) -> None:
        """Answers have come in."""
        self.usage = self.usage.plus(more)

    def add_all(self, other: StepBooks) -> None:
        """Count everything that the other one has counted."""
        self.account.add_all(other.account)
        self.spent = self.spent.plus(other.spent)
        self.usage = self.usage.plus(other.usage)

    def as_json(self) -> dict[str, Any]:
        """What a commit keeps of it."""
        return {"account": self.account.as_json(), **self.spent.as_json(), "usage": list(self.usage)}


def books_from(commit: Mapping[str, Any]) -> StepBooks:
    """Of a commit that holds `StepBooks.as_json`."""
    return StepBooks(account_from(commit["account"]), spent_from(commit), AnsweredUsage(*commit["usage"]))
