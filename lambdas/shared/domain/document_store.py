"""The port to the document records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from lambdas.shared.domain.document import Completion, Document, DocumentState, Step, StoredResult
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.failure import Failure
from lambdas.shared.domain.summary import Summary


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Newest first; `next_cursor` None = no more. A page may be short, even empty, and still have a next one."""

    documents: tuple[Document, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ReuseKey:
    """Two documents of a tenant with the same key get the same summary."""

    content_hash: str
    prompt_version: str
    model: str


class DocumentStore(Protocol):
    """Records of documents. Whatever an execution writes is refused with `SupersededError` once the record belongs to
    a newer version's execution, and nothing has changed then."""

    def register(self, document: Document) -> Document:
        """Store the record if it is the first or a newer version's; answers the record that stands afterwards."""
        ...

    def claim(self, run: SummaryRun, step: Step) -> None:
        """RECEIVED -> RUNNING, with its first step; may be repeated by the same execution."""
        ...

    def record_step(self, run: SummaryRun, step: Step) -> None:
        """Add a step, or overwrite the one of the same name."""
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

    def page(self, tenant: str, *, state: DocumentState | None, limit: int, cursor: str | None) -> DocumentPage:
        """The tenant's documents by time. Raises InvalidInputError for a cursor that no page has given out."""
        ...

    def find_reusable(self, tenant: str, reuse: ReuseKey) -> Summary | None:
        """The summary that the tenant already has for this content."""
        ...

    def keep_reusable(self, tenant: str, reuse: ReuseKey, summary: Summary) -> None:
        """Remember a summary for the next document of this content."""
        ...
