"""What to do with a document of the Knowledge Base, given its record and where it stands: a pure decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from lambdas.shared.domain.document import Document, DocumentState, Step
from lambdas.shared.domain.failure import Failure
from lambdas.shared.domain.knowledge.knowledge_base import Standing, StoredDocument

SUBMITTED = "submit"
# A large document takes minutes.
_LONGEST_INGESTION = timedelta(hours=24)
# For so long what is told may still be of the version before: nothing is said about how soon a call shows.
_MAY_BE_OLD = timedelta(minutes=2)
_LONGEST_REASON = 400


class Move(StrEnum):
    """WAIT: look again later; INGEST and DELETE too, once they are asked for. The others are ends."""

    INGEST = "INGEST"
    DELETE = "DELETE"
    WAIT = "WAIT"
    INDEXED = "INDEXED"
    FAIL = "FAIL"
    DONE = "DONE"


_BUSY = frozenset({Standing.INGESTING, Standing.DELETING})
# What failed must not answer with the passages of its version before.
_UNWANTED = frozenset({DocumentState.DELETED, DocumentState.FAILED})


def next_move(document: Document, stored: StoredDocument, now: datetime) -> Move:
    """Nothing is begun while the Knowledge Base still works on the document: of two at once nobody knows which one
    ends last."""
    if document.state in _UNWANTED:
        return _until_absent(stored.standing)
    if document.state is DocumentState.RECEIVED:
        return Move.WAIT if stored.standing in _BUSY else Move.INGEST
    if document.state is DocumentState.INGESTING:
        return _until_indexed(document, stored, now)
    return Move.DONE


def _until_absent(standing: Standing) -> Move:
    if standing is Standing.ABSENT:
        return Move.DONE
    return Move.WAIT if standing in _BUSY else Move.DELETE


def _until_indexed(document: Document, stored: StoredDocument, now: datetime) -> Move:
    submitted = submitted_at(document)
    if stored.standing in _BUSY:
        return Move.FAIL if now - submitted > _LONGEST_INGESTION else Move.WAIT
    old = stored.changed_at is not None and stored.changed_at < submitted
    if old and now - submitted < _MAY_BE_OLD:
        return Move.WAIT
    ends: Mapping[Standing, Move] = {Standing.INDEXED: Move.INDEXED, Standing.ABSENT: Move.INGEST}
    return ends.get(stored.standing, Move.FAIL)


def submitted_at(document: Document) -> datetime:
    """When the Knowledge Base took the document on; when it was received, where that is not noted."""
    return next((step.ended_at for step in document.steps if step.name == SUBMITTED), document.received_at)


def submission(began: datetime, accepted: StoredDocument | None) -> Step:
    """The step of handing a document over; it ends by the service's clock, by which its changes are told, too."""
    ended = accepted.changed_at if accepted and accepted.changed_at else began
    return Step(SUBMITTED, began, max(began, ended))


def failure_of(stored: StoredDocument) -> Failure:
    """Why a document is not found, for its owner."""
    if stored.standing in _BUSY:
        return Failure("ingestion_timed_out", "The Knowledge Base did not end with it within a day; drop it again.")
    reason = stored.reason[:_LONGEST_REASON] or "it gave no reason"
    if stored.standing is Standing.PARTLY_INDEXED:
        return Failure("partly_indexed", f"The Knowledge Base could index a part of it only: {reason}")
    return Failure("ingestion_failed", f"The Knowledge Base could not index it: {reason}")
