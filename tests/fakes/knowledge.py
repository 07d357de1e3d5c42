"""Fakes of the Knowledge Base, its documents' records and objects, and of the reminders to look again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lambdas.shared.domain.document import Document, DocumentState, Step, may_enter
from lambdas.shared.domain.dropped_object import DroppedObject
from lambdas.shared.domain.errors import SupersededError
from lambdas.shared.domain.failure import Failure
from lambdas.shared.domain.knowledge.knowledge_base import MOST_AT_ONCE, Ingestion, Standing, StoredDocument
from lambdas.shared.domain.knowledge.records import DocumentRef, ListedObject
from tests.fakes.documents import NOON, InMemoryDocumentStore


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class InMemoryKnowledgeBase:
    """Takes what is asked for and does it when `finish` is called; `broken` are ids that fail. `before` is called with
    the operation's name before it happens and may raise."""

    def __init__(self, clock: Clock, before: Callable[[str], None] = lambda operation: None) -> None:
        self._clock = clock
        self.before = before
        self.documents: dict[str, StoredDocument] = {}
        self.content: dict[str, Ingestion] = {}
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.broken: dict[str, Standing] = {}
        self._waiting: dict[str, Ingestion] = {}

    def look(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        self._note("look", document_ids)
        return {each: self.documents.get(each, StoredDocument(each, Standing.ABSENT)) for each in document_ids}

    def ingest(self, documents: Sequence[Ingestion]) -> dict[str, StoredDocument]:
        self._note("ingest", [each.document_id for each in documents])
        for each in documents:
            self._waiting[each.document_id] = each
            self._set(each.document_id, Standing.INGESTING)
        return {each.document_id: self.documents[each.document_id] for each in documents}

    def delete(self, document_ids: Sequence[str]) -> None:
        self._note("delete", document_ids)
        for each in document_ids:
            if each in self.documents:
                self._set(each, Standing.DELETING)

    def all(self) -> Iterator[StoredDocument]:
        yield from list(self.documents.values())

    def finish(self) -> None:
        """Everything that goes on comes to its end."""
        for each, stored in list(self.documents.items()):
            if stored.standing is Standing.DELETING:
                del self.documents[each]
                self.content.pop(each, None)
            elif stored.standing is Standing.INGESTING and each in self.broken:
                self._set(each, self.broken[each], "the file is corrupt")
            elif stored.standing is Standing.INGESTING:
                self.content[each] = self._waiting.pop(each)
                self._set(each, Standing.INDEXED)

    def _set(self, document_id: str, standing: Standing, reason: str = "") -> None:
        self.documents[document_id] = StoredDocument(document_id, standing, reason, self._clock())

    def _note(self, operation: str, ids: Sequence[str]) -> None:
        assert 1 <= len(ids) <= MOST_AT_ONCE
        self.before(operation)
        self.asked.append((operation, tuple(ids)))


class InMemoryKnowledgeRecords(InMemoryDocumentStore):
    """The records of the inbox's fake, which the Knowledge Base's documents share."""

    def enter(
        self, document: Document, state: DocumentState, *, step: Step | None = None, failure: Failure | None = None
    ) -> None:
        self.before("enter")
        standing = self._documents.get((document.tenant, document.document_id))
        if standing is None or not may_enter(state, standing, document.execution):
            raise SupersededError(document.document_id)
        steps = {each.name: each for each in standing.steps}
        if step is not None:
            steps[step.name] = step
        ordered = tuple(sorted(steps.values(), key=lambda each: (each.started_at, each.ended_at)))
        self._put(replace(standing, state=state, steps=ordered, failure=failure or standing.failure))

    def take_over(self, document: Document, *, after: str | None) -> bool:
        standing = self._documents.get((document.tenant, document.document_id))
        if (standing.execution if standing else None) != after:
            return False
        self._put(document)
        return True


@dataclass
class InMemoryKnowledgeObjects:
    """Objects by key: metadata of those that exist, None for those that were deleted."""

    objects: dict[str, Mapping[str, str] | None] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def metadata(self, bucket: str, key: str) -> Mapping[str, str] | None:
        return self.objects.get(key)

    def newest(self, bucket: str) -> Iterator[ListedObject]:
        for key, metadata in self.objects.items():
            version = DroppedObject(bucket, key, self.versions.get(key, "v1"), "", 10)
            yield ListedObject(version, metadata is not None)


class InMemoryKnowledgeChecks:
    """Keeps the reminders; `failing` is raised instead."""

    def __init__(self) -> None:
        self.reminders: list[tuple[tuple[DocumentRef, ...], int]] = []
        self.failing: Exception | None = None

    def later(self, documents: Sequence[DocumentRef], *, round_number: int) -> None:
        if self.failing is not None:
            raise self.failing
        self.reminders.append((tuple(documents), round_number))
