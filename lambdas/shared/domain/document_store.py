"""The port to the document records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from lambdas.shared.domain.document import Completion, Document, DocumentState, Step, StoredResult
from lambdas.shared.domain.dropped_object import DeletedObject
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.failure import Failure
from lambdas.shared.domain.reusable_summaries import ReusableSummaries


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Newest first; `next_cursor` None = no more. A page may be short, even empty, and still have a next one."""

    documents: tuple[Document, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What a list shows; None = all. `key_prefix` is of the whole key, and `since <= received_at < until`."""

    state: DocumentState | None = None
    key_prefix: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class DocumentsByState(Protocol):
    """What is not SUMMARIZED, for who looks after all tenants."""

    def in_state(self, state: DocumentState, tenant: str | None, *, since: datetime | None) -> Iterator[Document]:
        """Documents in this state that were received since then, of one tenant or of all (None), in no order."""
        ...


class DropRecords(Protocol):
    """The part of the records that drops and deletions need."""

    def register(self, document: Document) -> Document:
        """Store the record if it is the first or a newer version's; answers the record that stands afterwards."""
        ...

    def mark_deleted(self, tenant: str, deletion: DeletedObject) -> Document | None:
        """-> DELETED, out of the hands of its execution, unless a newer version stands. Answers the record that stands
        afterwards; None when this tenant has none of that document, and then nothing is stored."""
        ...


class DocumentStore(DropRecords, ReusableSummaries, Protocol):
    """Records of documents. Whatever an execution writes is refused with `SupersededError` once the record belongs to
    a newer version's execution, and nothing has changed then."""

    def start_again(self, run: SummaryRun, *, after: str) -> Document | None:
        """FAILED by the execution `after` -> RECEIVED as `run`'s, the next attempt. Answers the record that stands
        afterwards: somebody else's if it is not FAILED by that execution (any more)."""
        ...

    def claim(self, run: SummaryRun, step: Step) -> None:
        """RECEIVED -> RUNNING, with its first step; may be repeated by the same execution."""
        ...

    def record_step(self, run: SummaryRun, step: Step) -> None:
        """Add a step, or overwrite the one of the same name, while the document is RECEIVED or RUNNING."""
        ...

    def complete(
        self, run: SummaryRun, completion: Completion, *, result: StoredResult, steps: tuple[Step, ...]
    ) -> None:
        """RUNNING -> SUMMARIZED, with its last steps; may be repeated by the same execution."""
        ...

    def fail(self, run: SummaryRun, failure: Failure, *, cost_usd: Decimal | None) -> None:
        """RECEIVED or RUNNING -> FAILED or DELETED; may be repeated by the same execution."""
        ...

    def get(self, tenant: str, document_id: str) -> Document | None:
        """The record, read consistently; None when this tenant has none of that id."""
        ...

    def page(self, tenant: str, wanted: DocumentFilter, *, limit: int, cursor: str | None) -> DocumentPage:
        """The tenant's documents by time. Raises InvalidInputError for a cursor that no page of this filter's times has
        given out."""
        ...
