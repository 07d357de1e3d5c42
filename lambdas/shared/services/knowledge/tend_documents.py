"""Brings documents and the Knowledge Base together: ingests, deletes, and notes what has come to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from lambdas.shared.domain.document import Document, DocumentState, Step, state_after
from lambdas.shared.domain.errors import (
    ModelRefusedRequestError,
    ModelThrottledError,
    ModelUnavailableError,
    SupersededError,
    UnreadableDocumentError,
)
from lambdas.shared.domain.failure import DELETED_CODE, Failure
from lambdas.shared.domain.knowledge.attributes import passage_metadata
from lambdas.shared.domain.knowledge.knowledge_base import MOST_AT_ONCE, Ingestion, KnowledgeBase, StoredDocument
from lambdas.shared.domain.knowledge.next_move import Move, failure_of, next_move, submission, submitted_at
from lambdas.shared.domain.knowledge.records import DocumentRef, KnowledgeObjects, KnowledgeRecords
from lambdas.shared.domain.timestamps import utc_now

_LATER = (ModelThrottledError, ModelUnavailableError)
_GONE = Failure(DELETED_CODE, "The document was removed before it was read.")


class TendDocuments:
    """Every step looks at the record and at the Knowledge Base first: so a crash anywhere, and a message that comes
    twice, cost a call and nothing else."""

    def __init__(
        self,
        *,
        records: KnowledgeRecords,
        objects: KnowledgeObjects,
        knowledge_base: KnowledgeBase,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._records = records
        self._objects = objects
        self._base = knowledge_base
        self._now = now

    def tend(self, documents: Sequence[DocumentRef]) -> list[DocumentRef]:
        """Do what can be done now; answers the documents that are to be looked at again. Raises ModelNotEnabledError:
        then nothing can be done until somebody mends the deployment."""
        again: list[DocumentRef] = []
        wanted = list(dict.fromkeys(documents))
        for start in range(0, len(wanted), MOST_AT_ONCE):
            some = wanted[start : start + MOST_AT_ONCE]
            try:
                again += self._tend_some(some)
            except _LATER:
                again += some
        return again

    def _tend_some(self, refs: Sequence[DocumentRef]) -> list[DocumentRef]:
        documents = [document for ref in refs if (document := self._records.get(*ref)) is not None]
        if not documents:
            return []
        stored = self._base.look([document.document_id for document in documents])
        now = self._now()
        moves = [(document, next_move(document, stored[document.document_id], now)) for document in documents]
        waiting = [document for document, move in moves if move is Move.WAIT]
        for document, move in moves:
            if move is Move.INDEXED:
                self._enter(document, DocumentState.INDEXED, step=Step("index", submitted_at(document), now))
            elif move is Move.FAIL:
                waiting += self._fail(document, failure_of(stored[document.document_id]))
        deleted = [document for document, move in moves if move is Move.DELETE]
        if deleted:
            self._base.delete([document.document_id for document in deleted])
        waiting += deleted
        waiting += self._ingest([document for document, move in moves if move is Move.INGEST])
        return [DocumentRef(each.tenant, each.document_id) for each in waiting]

    def _ingest(self, documents: Sequence[Document]) -> Iterator[Document]:
        """Those that are looked at again: all of them, and those whose record was taken over meanwhile too, because
        whoever has it now may have found nothing to do."""
        ready: list[tuple[Document, Ingestion]] = []
        for document in documents:
            try:
                given = self._objects.metadata(document.bucket, document.key)
                if given is None:
                    yield from self._fail(document, _GONE)
                    continue
                uri = f"s3://{document.bucket}/{document.key}"
                ready.append((document, Ingestion(document.document_id, uri, passage_metadata(document, given))))
            except UnreadableDocumentError as error:
                yield from self._fail(document, Failure(error.code, str(error)))
        if ready:
            yield from self._hand_over(ready)

    def _hand_over(self, ready: Sequence[tuple[Document, Ingestion]]) -> Iterator[Document]:
        began = self._now()
        try:
            accepted = self._base.ingest([ingestion for _, ingestion in ready])
        except ModelRefusedRequestError as error:
            if len(ready) > 1:  # one of them is the reason, and must not hold up the others
                for each in ready:
                    yield from self._hand_over([each])
            else:
                yield from self._fail(ready[0][0], Failure("refused_by_knowledge_base", str(error)))
            return
        for document, ingestion in ready:
            self._submitted(document, began, accepted.get(ingestion.document_id))
            yield document

    def _submitted(self, document: Document, began: datetime, accepted: StoredDocument | None) -> None:
        self._enter(document, DocumentState.INGESTING, step=submission(began, accepted))

    def _fail(self, document: Document, failure: Failure) -> list[Document]:
        """Its passages of a version before are removed with the next look."""
        self._enter(document, state_after(failure), failure=failure)
        return [document]

    def _enter(
        self, document: Document, state: DocumentState, *, step: Step | None = None, failure: Failure | None = None
    ) -> None:
        try:
            self._records.enter(document, state, step=step, failure=failure)
        except SupersededError:
            return  # a newer version or a deletion has the record, and a message of its own
