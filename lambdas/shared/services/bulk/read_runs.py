"""What a tenant may see of its bulk runs: where each stands, with live counts."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_plan import plan_from
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.domain.bulk.run_view import Counts, RunPage, RunView
from lambdas.shared.domain.bulk.shard_stores import ShardStore
from lambdas.shared.domain.bulk.spending import spent_from
from lambdas.shared.domain.errors import FieldError, InvalidInputError, NotFoundError
from lambdas.shared.domain.object_store import ObjectMissingError
from lambdas.shared.services.bulk.carry_run import find_run
from lambdas.shared.services.bulk.prepare_commits import prepare_commits
from lambdas.shared.services.bulk.round_plans import RoundPlans
from lambdas.shared.services.bulk.step_books import StepBooks, books_from

LARGEST_PAGE = 100
DEFAULT_PAGE = 20
_AT_ONCE = 8
_MOST_REMEMBERED = 20_000
# In a list, a larger run's commits would be too many to read: its own page counts them.
_MOST_FILES_IN_A_LIST = 20


class ReadRuns:
    """Counts come from what steps have committed. Commits do not change, so that each is read once."""

    def __init__(self, *, runs: BulkRunStore, shards: ShardStore, files: RunFiles) -> None:
        self._runs = runs
        self._shards = shards
        self._files = files
        self._remembered: dict[tuple[str, int], StepBooks] = {}

    def one(self, tenant: str, run_id: str) -> RunView:
        """Raises NotFoundError, also for another tenant's run."""
        run = find_run(self._runs, run_id)
        if run is None or run.tenant != tenant:
            raise NotFoundError("There is no such bulk run.")
        return self._view(run)

    def page(self, tenant: str, *, limit: str | None, cursor: str | None) -> RunPage:
        """`limit` and `cursor` as they stand in the URL: a cursor is the last run's id. Raises InvalidInputError."""
        count = _limit(limit)
        runs = sorted(self._runs.of_tenant(tenant), key=lambda run: (run.created_at, run.run_id), reverse=True)
        start = 0
        if cursor is not None:
            start = next((index for index, run in enumerate(runs, 1) if run.run_id == cursor), 0)
            if not start:
                raise _wrong("cursor", "the next_cursor of the page before")
        shown = runs[start : start + count]
        more = start + count < len(runs)
        return RunPage(tuple(map(self._item, shown)), shown[-1].run_id if more else None)

    def _item(self, run: BulkRun) -> RunView:
        if not run.state.ended and run.key_files > _MOST_FILES_IN_A_LIST:
            return RunView(run, plan_from(run.plan), None, None, None, None)
        return self._view(run)

    def _view(self, run: BulkRun) -> RunView:
        plan = plan_from(run.plan)
        if run.state.ended and (report := self._report(run)) is not None:
            counts = report["counts"]
            ended = Counts(**counts, pending=counts["total"] - sum(counts[name] for name in _ENDS))
            key = RunLayout(run.run_id).report
            return RunView(run, plan, ended, spent_from(report), key, report)
        books = self._so_far(run)
        account = books.account
        total = run.documents or (plan.documents if plan and not run.state.ended else 0)
        pending = max(0, total - account.tally.ids)
        counted = Counts(total, account.succeeded, account.failed, pending, account.skipped)
        return RunView(run, plan, counted, books.spent, None, None)

    def _report(self, run: BulkRun) -> dict[str, Any] | None:
        try:
            return next(self._files.rows(RunLayout(run.run_id).report), None)
        except ObjectMissingError:
            return None

    def _so_far(self, run: BulkRun) -> StepBooks:
        books = StepBooks()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for prepared in pool.map(lambda number: self._prepared(run, number), range(run.key_files)):
                books.add_all(prepared)
        for commit in self._paid(run):
            books.add_all(books_from(commit))
        return books

    def _prepared(self, run: BulkRun, number: int) -> StepBooks:
        remembered = self._remembered.get((run.run_id, number))
        if remembered is not None:
            return remembered
        books, done = StepBooks(), False
        for commit in prepare_commits(self._files, RunLayout(run.run_id), number):
            books.add_all(books_from(commit))
            done = commit["done"]
        if done:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[run.run_id, number] = books
        return books

    def _paid(self, run: BulkRun) -> Iterator[dict[str, Any]]:
        plans = RoundPlans(self._files, self._shards, run)
        yield from plans.settlements()
        yield from (commit for commit in plans.swept() if commit is not None)


_ENDS = ("succeeded", "failed", "skipped")


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= LARGEST_PAGE:
        return int(text)
    raise _wrong("limit", f"1 to {LARGEST_PAGE}")


def _wrong(parameter: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(f"/{parameter}: must be {remedy}.", errors=(FieldError(f"/{parameter}", remedy),))
