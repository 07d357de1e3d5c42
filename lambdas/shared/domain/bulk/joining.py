"""Joins a job's output to what was asked, by record id: nothing of it counts twice, nothing is taken for granted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from lambdas.shared.domain.bulk.output_row import MISSING, OutputRow
from lambdas.shared.domain.bulk.record_result import Check, RecordResult
from lambdas.shared.domain.bulk.spending import Spent, add_usd
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import InvalidAnswerError

Price = Callable[[TokenUsage], Decimal | None]


@dataclass(slots=True)
class RowCounts:
    """What a job's output was made of. `answers` were paid for, of which `unusable` did not pass the check;
    `duplicates`, `unknown` and `unparseable` rows count nowhere else."""

    answers: int = 0
    unusable: int = 0
    errors: int = 0
    missing: int = 0
    duplicates: int = 0
    unknown: int = 0
    unparseable: int = 0


@dataclass(slots=True)
class Joined:
    """`usage` and `cost_usd` are those of all answers, also of the ones that are of no use: the provider bills them."""

    results: Mapping[str, RecordResult]
    counts: RowCounts
    usage: TokenUsage
    cost_usd: Decimal | None


@dataclass(slots=True)
class _Join:
    expected: frozenset[str]
    check: Check
    price: Price
    results: dict[str, RecordResult] = field(default_factory=dict)
    counts: RowCounts = field(default_factory=RowCounts)
    tokens: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    cost_usd: Decimal | None = Decimal(0)

    def take(self, row: OutputRow) -> None:
        cost = Spent(self._bill(row))
        if row.record_id is None:
            self.counts.unparseable += 1
        elif row.record_id not in self.expected:
            self.counts.unknown += 1
        else:
            self._keep(row.record_id, row, cost)

    def _bill(self, row: OutputRow) -> Decimal | None:
        if row.error is not None:
            return Decimal(0)
        self.counts.answers += 1
        usage = row.usage
        for index, tokens in enumerate(
            (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
        ):
            self.tokens[index] += tokens
        cost = self.price(usage)
        self.cost_usd = add_usd(self.cost_usd, cost)
        return cost

    def _keep(self, record_id: str, row: OutputRow, cost: Spent) -> None:
        """The first usable answer stands; rows have no order that would mean anything."""
        before = self.results.get(record_id)
        if before is not None:
            self.counts.duplicates += 1
        if before is not None and before.error is None:
            self.results[record_id] = before._replace(spent=before.spent.plus(cost))
            return
        error = row.error or self._flaw(row)
        spent = cost if before is None else before.spent.plus(cost)
        self.results[record_id] = RecordResult(row.text if error is None else "", error, spent, row.usage)

    def _flaw(self, row: OutputRow) -> str | None:
        try:
            self.check(row.text, row.stop_reason)
        except InvalidAnswerError as error:
            self.counts.unusable += 1
            return error.code
        return None


def join(rows: Iterable[OutputRow], expected: Iterable[str], *, check: Check, price: Price) -> Joined:
    """A result for every expected record, in the order in which they were asked; one that has no row is `missing_row`.

    The same rows in another order give the same results wherever a record has at most one usable answer.
    """
    asked = tuple(expected)
    joining = _Join(frozenset(asked), check, price)
    for row in rows:
        joining.take(row)
    found = joining.results
    joining.counts.missing = len(joining.expected) - len(found)
    joining.counts.errors = sum(result.error is not None for result in found.values())
    missing = RecordResult("", MISSING)
    return Joined(
        results={record_id: found.get(record_id, missing) for record_id in asked},
        counts=joining.counts,
        usage=TokenUsage(*joining.tokens),
        cost_usd=joining.cost_usd,
    )
