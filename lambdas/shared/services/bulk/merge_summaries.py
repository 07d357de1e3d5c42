"""Writes the requests that merge a long document's sections, as the workflow of dropped documents does."""

from __future__ import annotations

from typing import Any

from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.converse import converse_body
from lambdas.shared.domain.section_notes import grouped_notes, note_of
from lambdas.shared.domain.summary import read_summary
from lambdas.shared.services.bulk.tenant_requests import TenantRequests


class MergeSummaries:
    """`AnswerMerger`."""

    def __init__(self, *, requests: TenantRequests) -> None:
        self._requests = requests

    def merge(self, run: BulkRun, work: DocumentWork) -> list[dict[str, Any]]:
        requests = self._requests.of(run)
        # only answers that have passed the same check are kept in `work`
        summaries = [read_summary(text, "end_turn") for text in work.texts]
        notes = [note_of(summary, number=at + 1, of=len(summaries)) for at, summary in enumerate(summaries)]
        texts = grouped_notes(notes, most_tokens=requests.most_tokens)
        return [converse_body(request) for request in requests.requests(texts)]
