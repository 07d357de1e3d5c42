"""What the documents of one step add up to: outcomes, money, and what answers took. It goes into the step's commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.shared.domain.bulk.answered_usage import AnsweredUsage, answered_usage
from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.joining import RecordResult
from lambdas.shared.domain.bulk.outcome import Account, Outcome, account_from
from lambdas.shared.domain.bulk.spending import Spent, spent_from
from lambdas.shared.services.bulk.settle_documents import Asked

_NOTHING = Spent()


@dataclass(slots=True)
class StepBooks:
    """`spent` counts what this step has added to what was spent on its documents before."""

    account: Account = field(default_factory=Account)
    spent: Spent = _NOTHING
    usage: AnsweredUsage = AnsweredUsage()  # noqa: RUF009 - a value

    def came_to(self, found: Outcome | DocumentWork, *, before: Spent = _NOTHING) -> None:
        """A document has ended, or is to be asked."""
        self.spent = self.spent.plus(found.spent.minus(before))
        if isinstance(found, Outcome):
            self.account.add(found)

    def answered(self, asked: Asked, results: Mapping[str, RecordResult]) -> None:
        """Answers of a document have come in."""
        self.usage = self.usage.plus(answered_usage(asked.rows, results))

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
