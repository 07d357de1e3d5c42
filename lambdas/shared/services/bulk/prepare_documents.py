"""Turns the documents of a key file into parts of requests, and into outcomes where there is nothing to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from lambdas.shared.domain.bulk.document_steps import DocumentPreparer
from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.outcome import Account, Outcome
from lambdas.shared.domain.bulk.part import part_limits, request_row
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.services.bulk.part_writer import PartWriter


class PrepareDocuments:
    """A key file is done in as many steps as it takes; each commits how far it came, its parts and its outcomes.

    `time_is_up` says that the function should commit and leave the rest to the next step.
    """

    def __init__(
        self,
        *,
        runs: BulkRunStore,
        files: RunFiles,
        preparer: DocumentPreparer,
        new_id: Callable[[], str],
        time_is_up: Callable[[], bool],
    ) -> None:
        self._runs = runs
        self._files = files
        self._preparer = preparer
        self._new_id = new_id
        self._time_is_up = time_is_up

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
        account, done = Account(), True
        parts = PartWriter(self._files, part_limits(run.quotas), lambda index: layout.part(0, origin, nonce, index))
        with parts, self._files.open(outcome_key) as outcomes:
            for row in islice(self._files.rows(key), offset, None):
                if self._time_is_up():
                    done = False
                    break
                prepared = self._preparer.prepare(run, Entry(**row))
                if isinstance(prepared, Outcome):
                    account.add(prepared)
                    outcomes.write(prepared.as_row())
                else:
                    rows = map(request_row, prepared.work.open, prepared.requests)
                    parts.add(prepared.work, rows)
                offset += 1
        return {
            "done": done,
            "offset": offset,
            "parts": [part.as_json() for part in parts.parts],
            "outcomes": outcome_key,
            "account": account.as_json(),
        }


def prepare_commits(files: RunFiles, layout: RunLayout, number: int) -> Iterator[dict[str, Any]]:
    """What was committed for a key file, in order; it is done when the last one says so."""
    step = 0
    while (commit := files.read(layout.prepare_commit(number, step))) is not None:
        yield commit
        step += 1
        if commit["done"]:
            return
