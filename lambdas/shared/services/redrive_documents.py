"""Tries again what failed, for all tenants: the operator's side of a retry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.document_store import DocumentsByState
from lambdas.shared.domain.dropped_object import is_knowledge_key
from lambdas.shared.domain.errors import QuarryError
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.services.retry_document import RetryDocument

# A younger one is about to be claimed.
_WAITS_TOO_LONG = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Redriven:
    """One document, and why it was not tried again (None = it was)."""

    document: Document
    refusal: str | None


class RedriveDocuments:
    """FAILED ones get their next attempt. RECEIVED ones are started in case that a crash left them without their
    execution; where they have it, nothing happens."""

    def __init__(
        self, *, documents: DocumentsByState, retry: RetryDocument, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._documents = documents
        self._retry = retry
        self._now = now

    def choose(
        self, *, tenant: str | None, codes: Collection[str] = (), since: datetime | None = None
    ) -> tuple[Document, ...]:
        """Oldest first. Without `codes` every failure, and what waits for too long."""
        failed = self._summaries(DocumentState.FAILED, tenant, since)
        chosen = [each for each in failed if not codes or (each.failure and each.failure.code in codes)]
        if not codes:
            latest = self._now() - _WAITS_TOO_LONG
            waiting = self._summaries(DocumentState.RECEIVED, tenant, since)
            chosen += [each for each in waiting if each.received_at < latest]
        return tuple(sorted(chosen, key=lambda each: each.received_at))

    def _summaries(self, state: DocumentState, tenant: str | None, since: datetime | None) -> Iterator[Document]:
        """Documents of the Knowledge Base are `ops knowledge sync`'s."""
        found = self._documents.in_state(state, tenant, since=since)
        return (each for each in found if not is_knowledge_key(each.key))

    def redrive(self, documents: Collection[Document]) -> Iterator[Redriven]:
        """One after the other; what is refused does not hold up the rest."""
        for document in documents:
            try:
                self._retry.retry(document.tenant, document.document_id)
            except QuarryError as error:
                yield Redriven(document, error.code)
            else:
                yield Redriven(document, None)
