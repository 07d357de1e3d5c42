"""Takes a drop into `knowledge/`, or its removal, into the records; what follows is `TendDocuments`'."""

from __future__ import annotations

from lambdas.shared.domain.document import DocumentState
from lambdas.shared.domain.dropped_object import DeletedObject, DroppedObject
from lambdas.shared.domain.knowledge.records import DocumentRef
from lambdas.shared.services.drop_register import DropRegister

# FAILED too: the passages of the version before may still be there, where a crash came in between.
_TO_DO = frozenset({DocumentState.RECEIVED, DocumentState.INGESTING, DocumentState.FAILED})


class TakeDrop:
    """Safe to repeat for the same event, and whatever order events come in."""

    def __init__(self, register: DropRegister) -> None:
        self._register = register

    def take(self, event: DroppedObject | DeletedObject) -> list[DocumentRef]:
        """The documents that are to be tended because of it: none for an event that is older than the record, or whose
        document has come to its end already."""
        if isinstance(event, DeletedObject):
            if not event.version.is_knowledge:
                return []
            owners = self._register.remove(event).owners
            return [DocumentRef(owner, event.version.document_id) for owner in owners]
        if not event.is_knowledge:
            return []
        arrived, standing = self._register.arrive(event)
        wanted = standing.execution == arrived.execution and standing.state in _TO_DO
        return [DocumentRef(arrived.tenant, arrived.document_id)] if wanted else []
