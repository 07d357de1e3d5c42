"""Turns the documents of a key file into parts of requests, and into outcomes where there is nothing to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from typing import Any

from lambdas.shared.domain.bulk.document_preparing import DocumentPreparer, PreparedDocument
from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.part import part_limits, request_row
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.services.bulk.overlapped import overlapped
from lambdas.shared.services.bulk.part_writer import PartWriter
from lambdas.shared.services.bulk.prepare_commits import prepare_commits
from lambdas.shared.services.bulk.step_books import StepBooks


class PrepareDocuments:
    """A key file is done in as many steps as it takes; each commits how far it came, its parts and its outcomes.

    `time_is_up` says that the function should commit and leave the rest to the next step; `workers` documents are read
    at the same time.
    """

    def __init__(
        self,
        *,
        runs: BulkRunStore,
        files: RunFiles,
        preparer: DocumentPreparer,
        new_id: Callable[[], str],
        time_is_up: Callable[[], bool],
        workers: int = 1,
    ) -> None:
        self._runs = runs
        self._files = files
        self._preparer = preparer
        self._new_id = new_id
        self._time_is_up = time_is_up
        self._workers = workers

    def step(self, run_id: str, number: int, key: str) -> bool:
        """Go on with key file `number`; answers whether it is done (or the run is to be stopped)."""
        run = self._runs.get(run_id)
        if run.phase is not RunPhase.PREPARING or run.stop_wanted:
            return True
        layout = RunLayout(run_id)
        commits = list(prepare_commits(self._files, layout, number))
        if not commits or not commits[-1]["done"]:
            offset = commits[-1]["offset"] if commits else 0
            commit = self._prepare(run, layout, number, key, offset)
            self._files.create(layout.prepare_commit(number, len(commits)), commit)
            return bool(commit["done"])
        return True

    def _prepare(self, run: BulkRun, layout: RunLayout, number: int, key: str, offset: int) -> dict[str, Any]:
        origin, nonce = f"f{number:06d}", self._new_id()
        outcome_key = layout.outcome_file(origin, nonce)
        books, done = StepBooks(), True
        parts = PartWriter(self._files, part_limits(run.quotas), lambda index: layout.part(0, origin, nonce, index))
        with parts, self._files.open(outcome_key) as outcomes:
            rows = islice(self._files.rows(key), offset, None)
            for prepared in overlapped(partial(self._prepared, run), rows, workers=self._workers):
                if prepared is None:
                    done = False
                    break
                if isinstance(prepared, Outcome):
                    books.add_spent(prepared.spent)
                    books.account.add(prepared)
                    outcomes.write(prepared.as_row())
                else:
                    books.add_spent(prepared.work.spent)
                    parts.add(prepared.work, map(request_row, prepared.work.open, prepared.requests))
                offset += 1
        return {
            "done": done,
            "offset": offset,
            "parts": [part.as_json() for part in parts.parts],
            "outcomes": outcome_key,
            **books.as_json(),
        }

    def _prepared(self, run: BulkRun, row: Mapping[str, Any]) -> PreparedDocument | Outcome | None:
        """None when the time is up: what comes after that is left to the next step."""
        return None if self._time_is_up() else self._preparer.prepare(run, Entry(**row))
