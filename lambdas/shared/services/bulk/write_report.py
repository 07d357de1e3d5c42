"""Adds up a run: one line for each id, counts, cost, and whether every id of the source has ended exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.listing import ListingState, listing_from
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_decisions import Reported, Step, after, next_step
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.domain.bulk.shard_stores import ShardStore
from lambdas.shared.domain.bulk.summary_table import COLUMNS, table_row
from lambdas.shared.services.bulk.round_plans import RoundPlans
from lambdas.shared.services.bulk.step_books import StepBooks, books_from


class WriteReport:
    """Written from commits alone, so that writing it again gives the same."""

    def __init__(self, *, runs: BulkRunStore, shards: ShardStore, files: RunFiles) -> None:
        self._runs = runs
        self._shards = shards
        self._files = files

    def step(self, run_id: str) -> None:
        """Write the report that the run waits for; it succeeds when the report's ids are the source's."""
        run = self._runs.get(run_id)
        if next_step(run) is not Step.REPORT:
            return
        layout = RunLayout(run_id)
        books, outcome_files = StepBooks(), []
        for commit in self._commits(run):
            books.add_all(books_from(commit))
            outcome_files.append(commit["outcomes"])
        listing = self._listing(layout)
        accounted = books.account.tally == listing.tally
        self._write_outcomes(outcome_files, layout)
        with self._files.open(layout.report) as report:
            report.write(_report(run, books, listing, accounted=accounted))
        self._runs.save(after(run, Reported(accounted, books.usage)))

    def _write_outcomes(self, sources: list[str], layout: RunLayout) -> None:
        """The lines for programs, which know where a summary is; and the table for people, which holds it."""
        with self._files.open(layout.outcomes) as lines, self._files.open_table(layout.table) as table:
            table.write(COLUMNS)
            for source in sources:
                for row in self._files.rows(source):
                    table.write(table_row(row))
                    row.pop("summary", None)
                    lines.write(row)

    def _commits(self, run: BulkRun) -> Iterator[dict[str, Any]]:
        plans = RoundPlans(self._files, self._shards, run)
        yield from plans.prepared()
        yield from plans.settlements()
        yield from (commit for commit in plans.swept() if commit is not None)

    def _listing(self, layout: RunLayout) -> ListingState:
        page = 0
        while (commit := self._files.read(layout.page_commit(page))) is not None:
            if commit["done"]:
                return listing_from(commit)
            page += 1
        raise ValueError(f"{layout.run_id} is not listed")


def _report(run: BulkRun, books: StepBooks, listing: ListingState, *, accounted: bool) -> dict[str, Any]:
    account, spent = books.account, books.spent
    return {
        "run_id": run.run_id,
        "source": run.source,
        "model": run.model_id,
        "counts": {
            "total": listing.tally.ids,
            "succeeded": account.succeeded,
            "skipped": account.skipped,
            "failed": account.failed,
        },
        "errors": dict(sorted(account.codes.items())),
        "passed_over": {"folder_markers": listing.markers, "duplicates": listing.duplicates},
        **spent.as_json(),
        "usage": books.usage._asdict(),
        "rounds": run.round + 1,
        "accounted": accounted,
        "outcomes_key": RunLayout(run.run_id).outcomes,
        "table_key": RunLayout(run.run_id).table,
    }
