"""How a document of a run ended, and the account of many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.bulk.tally import Tally, tally_from_text
from lambdas.shared.domain.summary import Summary

OutcomeKind = Literal["succeeded", "skipped", "failed"]


class Outcome(NamedTuple):
    """A line of `outcomes.jsonl`. `result_key` is in the results bucket, also where a stored summary was reused
    (`skipped`); `code` says why it failed. `spent` counts everything that was paid for the document.
    `summary` is what is stored, for the table of the run."""

    document_id: str
    key: str
    kind: OutcomeKind
    result_key: str | None = None
    code: str | None = None
    spent: Spent = Spent()
    summary: Summary | None = None

    def as_row(self) -> dict[str, Any]:
        """The line's shape; money is a decimal text."""
        row: dict[str, Any] = {"id": self.document_id, "key": self.key, "outcome": self.kind}
        if self.result_key is not None:
            row["result_key"] = self.result_key
        if self.code is not None:
            row["error"] = self.code
        row |= self.spent.as_json()
        if self.summary is not None:
            row["summary"] = self.summary.as_json()
        return row


@dataclass(slots=True)
class Account:
    """Running totals of outcomes; `codes` counts the failures by their code, of which there are few."""

    tally: Tally = field(default_factory=Tally)
    succeeded: int = 0
    skipped: int = 0
    failed: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self.tally = self.tally.with_id(outcome.document_id)
        if outcome.kind == "failed":
            self.failed += 1
            code = outcome.code or "unknown"
            self.codes[code] = self.codes.get(code, 0) + 1
        elif outcome.kind == "skipped":
            self.skipped += 1
        else:
            self.succeeded += 1

    def add_all(self, other: Account) -> None:
        """Count everything that the other one has counted."""
        self.tally = self.tally.plus(other.tally)
        self.succeeded += other.succeeded
        self.skipped += other.skipped
        self.failed += other.failed
        for code, count in other.codes.items():
            self.codes[code] = self.codes.get(code, 0) + count

    def as_json(self) -> dict[str, Any]:
        """What a commit keeps of it."""
        return {
            "tally": self.tally.as_text(),
            "succeeded": self.succeeded,
            "skipped": self.skipped,
            "failed": self.failed,
            "codes": dict(sorted(self.codes.items())),
        }


def account_from(fields: Mapping[str, Any]) -> Account:
    """The inverse of `Account.as_json`."""
    return Account(**{**fields, "tally": tally_from_text(fields["tally"]), "codes": dict(fields["codes"])})
