"""Tries a failed document again, as the next attempt at the same version."""

from __future__ import annotations

from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.document_store import DocumentStore
from lambdas.shared.domain.dropped_object import DroppedObject, is_document_id, is_knowledge_key
from lambdas.shared.domain.errors import (
    DocumentGoneError,
    DocumentNotFailedError,
    KnowledgeDocumentError,
    NotFoundError,
)
from lambdas.shared.domain.execution import SummaryRun, SummaryWorkflow, run_of
from lambdas.shared.domain.object_store import ObjectStore


class RetryDocument:
    """The record first, then the execution, as with a drop: a record that waits (RECEIVED) without an execution is what
    a crash in between leaves, and the next retry starts it. An execution has one name for ever, so one that did start
    is not started twice."""

    def __init__(self, *, documents: DocumentStore, objects: ObjectStore, workflow: SummaryWorkflow) -> None:
        self._documents = documents
        self._objects = objects
        self._workflow = workflow

    def retry(self, tenant: str, document_id: str) -> Document:
        """The record as it waits for its next attempt; `tenant` is the authenticated caller's.

        Raises NotFoundError, KnowledgeDocumentError, DocumentNotFailedError, DocumentGoneError.
        """
        document = self._documents.get(tenant, document_id) if is_document_id(document_id) else None
        if document is None:
            raise NotFoundError("There is no such document.")
        if is_knowledge_key(document.key):
            raise KnowledgeDocumentError(
                "Documents of the Knowledge Base are not retried here; drop it again, or have the operator run "
                "`python -m ops knowledge sync --retry-failed`."
            )
        if document.state is DocumentState.FAILED:
            document = self._next_attempt(document)
        if document.state is not DocumentState.RECEIVED:
            raise _not_failed(document)
        self._workflow.start(_run(document, attempt=document.attempt))
        return document

    def _next_attempt(self, failed: Document) -> Document:
        if not self._objects.exists(failed.bucket, failed.key):
            raise DocumentGoneError(
                "The document is not in the inbox any more, so there is nothing to read; drop it again."
            )
        run = _run(failed, attempt=failed.attempt + 1)
        # Of two at the same time one is first; the other finds what the first one made.
        return self._documents.start_again(run, after=failed.execution) or failed


def _run(document: Document, *, attempt: int) -> SummaryRun:
    dropped = DroppedObject(
        bucket=document.bucket,
        key=document.key,
        version_id=document.version_id,
        sequencer=document.sequencer,
        size=document.size,
    )
    return run_of(dropped, tenant=document.tenant, attempt=attempt)


def _not_failed(document: Document) -> DocumentNotFailedError:
    remedies = {
        DocumentState.RUNNING: "wait for its end",
        DocumentState.SUMMARIZED: "drop it again for a new summary",
        DocumentState.DELETED: "drop it again",
    }
    remedy = remedies.get(document.state, "ask again")
    return DocumentNotFailedError(f"The document is {document.state}, and only FAILED ones can be retried; {remedy}.")
