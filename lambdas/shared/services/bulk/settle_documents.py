"""Decides for each document of a part what its answers have made of it: finished, merged next, or asked again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from lambdas.shared.domain.bulk.document_steps import AnswerMerger, SummaryKeeper
from lambdas.shared.domain.bulk.document_work import DocumentWork, work_from
from lambdas.shared.domain.bulk.more_room import CUT, with_more_room
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.part import Part, request_row
from lambdas.shared.domain.bulk.record_result import RecordResult
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_files import RunFiles


class Asked(NamedTuple):
    """A document with the request rows of its open records, as they lie in the part."""

    work: DocumentWork
    rows: tuple[Mapping[str, Any], ...]


class StillOpen(NamedTuple):
    """A document that needs another round, and the rows to ask."""

    work: DocumentWork
    rows: tuple[Mapping[str, Any], ...]


class SettleDocuments:
    """The same for answers of a batch job and for answers that were asked on demand."""

    def __init__(self, *, merger: AnswerMerger, keeper: SummaryKeeper) -> None:
        self._merger = merger
        self._keeper = keeper

    def settle(self, run: BulkRun, asked: Asked, results: Mapping[str, RecordResult]) -> Outcome | StillOpen:
        """`results` has one for each open record. A summary is stored before its outcome is told."""
        work = asked.work.settled(results)
        if work.summary_text is not None:
            return self._keeper.keep(run, work)
        if work.wants_merging:
            requests = self._merger.merge(run, work)
            ids = tuple(work.record_id(index) for index, _ in enumerate(requests))
            return StillOpen(work.next_level(ids), tuple(map(request_row, ids, requests)))
        return StillOpen(work, tuple(_again(row, results) for row in asked.rows if _is_open(row, results)))


def documents_of(files: RunFiles, part: Part) -> Iterator[Asked]:
    """The documents of a part, one after the other."""
    rows = files.rows(part.key)
    for item in files.rows(part.items_key):
        work = work_from(item)
        yield Asked(work, tuple(islice(rows, len(work.open))))


def asked_records(files: RunFiles, parts: Iterable[Part]) -> tuple[str, ...]:
    """The ids of all records of the parts."""
    return tuple(id_ for part in parts for item in files.rows(part.items_key) for id_ in item["open"])


def _is_open(row: Mapping[str, Any], results: Mapping[str, RecordResult]) -> bool:
    return results[row["recordId"]].error is not None


def _again(row: Mapping[str, Any], results: Mapping[str, RecordResult]) -> Mapping[str, Any]:
    if results[row["recordId"]].error != CUT:
        return row
    return request_row(row["recordId"], with_more_room(row["modelInput"]))
