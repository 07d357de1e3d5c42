"""Lists a run's source into key files, one page a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.listing import Entry, ListingState, after_page, listing_from
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase
from lambdas.shared.domain.bulk.run_decisions import Listed, after
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.domain.bulk.source import SourceKind, parse_source
from lambdas.shared.domain.bulk.source_pages import SourcePages


class ListSource:
    """A page's key files count when the page is committed; its commit holds the state after it."""

    def __init__(self, *, runs: BulkRunStore, files: RunFiles, pages: SourcePages, new_id: Callable[[], str]) -> None:
        self._runs = runs
        self._files = files
        self._pages = pages
        self._new_id = new_id

    def step(self, run_id: str, page: int = 0) -> int | None:
        """List one page that nobody has listed; answers the next page's number, None when the source is listed."""
        run = self._runs.get(run_id)
        if run.phase is not RunPhase.LISTING or run.stop_wanted:
            return None
        layout = RunLayout(run_id)
        state = ListingState() if page == 0 else listing_from(self._commit(layout, page - 1))
        while (commit := self._files.read(layout.page_commit(state.pages))) is not None:
            state = listing_from(commit)
            if state.done:
                break
        if not state.done:
            self._list_page(run, layout, state)
            state = listing_from(self._commit(layout, state.pages))
        if not state.done:
            return state.pages
        self._finish(run, layout, state)
        return None

    def _list_page(self, run: BulkRun, layout: RunLayout, state: ListingState) -> None:
        page = self._pages.page(run, state.token)
        nonce = self._new_id()
        can_repeat = parse_source(run.source).kind is not SourceKind.PREFIX
        seen = self._seen(layout, state) if can_repeat else None
        listed, files = after_page(state, page, seen)
        keys = [layout.key_file(state.pages, nonce, index) for index in range(len(files))]
        for key, entries in zip(keys, files, strict=True):
            self._write(key, entries)
        commit: dict[str, Any] = {**listed.as_json(), "key_files": keys}
        if can_repeat:
            commit["ids"] = layout.seen_ids(state.pages, nonce)
            with self._files.open(commit["ids"]) as ids:
                ids.write({"ids": [entry.document_id for entries in files for entry in entries]})
        self._files.create(layout.page_commit(state.pages), commit)

    def _seen(self, layout: RunLayout, state: ListingState) -> set[str]:
        ids = (row["ids"] for commit in self._commits(layout, state.pages) for row in self._files.rows(commit["ids"]))
        return {id_ for some in ids for id_ in some}

    def _write(self, key: str, entries: list[Entry]) -> None:
        with self._files.open(key) as file:
            for entry in entries:
                file.write(entry._asdict())

    def _finish(self, run: BulkRun, layout: RunLayout, state: ListingState) -> None:
        """The same list whoever writes it: it is made of commits."""
        with self._files.open(layout.key_files) as file:
            number = 0
            for commit in self._commits(layout, state.pages):
                for key in commit["key_files"]:
                    file.write({"number": number, "key": key})
                    number += 1
        self._runs.save(after(run, Listed(state)))

    def _commits(self, layout: RunLayout, pages: int) -> Iterator[dict[str, Any]]:
        return (self._commit(layout, page) for page in range(pages))

    def _commit(self, layout: RunLayout, page: int) -> dict[str, Any]:
        commit = self._files.read(layout.page_commit(page))
        if commit is None:
            raise ValueError(f"page {page} of {layout.run_id} is not listed")
        return commit
