"""Reads what earlier steps have committed: plans, what is open after them, and what was settled."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.part import Part, part_from
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.shard import Cut, Shard
from lambdas.shared.domain.bulk.shard_job import ShardPhase, ShardRef, ShardRow
from lambdas.shared.domain.bulk.shard_stores import ShardStore
from lambdas.shared.domain.bulk.spending import add_usd, spent_from
from lambdas.shared.services.bulk.prepare_commits import prepare_commits


class Plan(NamedTuple):
    """A round's shards, and the parts that are in none. `spent_usd` was settled in the rounds before."""

    shards: tuple[Shard, ...]
    rest: tuple[Part, ...]
    spent_usd: Decimal | None

    @property
    def records(self) -> int:
        return sum(shard.records for shard in self.shards)

    @property
    def rest_records(self) -> int:
        return sum(part.records for part in self.rest)


class OpenParts(NamedTuple):
    """What is still to be asked, and what was spent up to here."""

    parts: tuple[Part, ...]
    spent_usd: Decimal | None


class RoundPlans:
    """The plans of one run and what became of them."""

    def __init__(self, files: RunFiles, shards: ShardStore, run: BulkRun) -> None:
        self._files = files
        self._shards = shards
        self._run = run
        self._layout = RunLayout(run.run_id)

    def plan(self, round_: int) -> Plan | None:
        """None while it is not made."""
        stored = self._files.read(self._layout.plan(round_))
        if stored is None:
            return None
        shards = tuple(
            Shard(tuple(tuple(part_from(part) for part in file) for file in files)) for files in stored["shards"]
        )
        spent = stored["spent_usd"]
        return Plan(shards, tuple(map(part_from, stored["rest"])), None if spent is None else Decimal(spent))

    def make(self, round_: int, cut: Cut, spent_usd: Decimal | None) -> Plan:
        """The plan that stands: this one, or that of somebody who was quicker."""
        self._files.create(
            self._layout.plan(round_),
            {
                "shards": [[[part.as_json() for part in file] for file in shard.files] for shard in cut.shards],
                "rest": [part.as_json() for part in cut.rest],
                "spent_usd": None if spent_usd is None else str(spent_usd),
            },
        )
        plan = self.plan(round_)
        assert plan is not None, "a commit does not go away"  # noqa: S101 - somebody has made it
        return plan

    def open_before(self, round_: int) -> OpenParts:
        """What a plan of this number has to take."""
        if round_ == 0:
            return self._prepared_parts()
        plan = self.plan(round_ - 1)
        if plan is None:
            raise ValueError(f"{self._run.run_id} has no plan {round_ - 1}")
        parts, spent = list(plan.rest), plan.spent_usd
        for index, shard in enumerate(plan.shards):
            row = self.row(round_ - 1, index)
            if row.phase is ShardPhase.SETTLED:
                settled = self.settlement(row)
                parts += map(part_from, settled["parts"])
                spent = add_usd(spent, spent_from(settled).cost_usd)
            else:
                parts += shard.parts
        return OpenParts(tuple(parts), spent)

    def row(self, round_: int, shard: int) -> ShardRow:
        """A shard's row."""
        return self._shards.get(ShardRef(self._run.run_id, round_, shard))

    def settlement(self, row: ShardRow) -> dict[str, Any]:
        """What the one collector whose work counts has written."""
        settled = self._files.read(row.settlement)
        if settled is None:
            raise ValueError(f"{row.settlement} is gone")
        return settled

    def settlements(self) -> Iterator[dict[str, Any]]:
        """Of all rounds so far."""
        for round_ in range(self._run.round + 1):
            plan = self.plan(round_)
            for index in range(len(plan.shards) if plan else 0):
                row = self.row(round_, index)
                if row.phase is ShardPhase.SETTLED:
                    yield self.settlement(row)

    def prepared(self) -> Iterator[dict[str, Any]]:
        """What was committed of all key files."""
        for number in range(self._run.key_files):
            yield from prepare_commits(self._files, self._layout, number)

    def swept(self) -> Iterator[dict[str, Any] | None]:
        """The commit of each part of the present plan's rest; None for one that is not swept."""
        plan = self.plan(self._run.round)
        for index in range(len(plan.rest) if plan else 0):
            yield self._files.read(self._layout.sweep_commit(self._run.round, index))

    def _prepared_parts(self) -> OpenParts:
        parts: list[Part] = []
        spent: Decimal | None = Decimal(0)
        for commit in self.prepared():
            parts += map(part_from, commit["parts"])
            spent = add_usd(spent, spent_from(commit).cost_usd)
        return OpenParts(tuple(parts), spent)
