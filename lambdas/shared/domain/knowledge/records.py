"""The ports beside the Knowledge Base: records of its documents, the objects themselves, and another look later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from lambdas.shared.domain.document import Document, DocumentState, Step
from lambdas.shared.domain.document_store import DropRecords
from lambdas.shared.domain.dropped_object import DroppedObject
from lambdas.shared.domain.failure import Failure


class DocumentRef(NamedTuple):
    """Names a record."""

    tenant: str
    document_id: str


class KnowledgeRecords(DropRecords, Protocol):
    """Records of documents, each in the hands of the execution that registered its version."""

    def get(self, tenant: str, document_id: str) -> Document | None:
        """The record, read consistently."""
        ...

    def enter(
        self, document: Document, state: DocumentState, *, step: Step | None = None, failure: Failure | None = None
    ) -> None:
        """Move the record on. Raises SupersededError, and changes nothing, where it is in other hands by now."""
        ...

    def take_over(self, document: Document, *, after: str | None) -> bool:
        """Put this record in the place of the one that the execution `after` has (None = of none); False, and nothing
        has changed, where another one stands there."""
        ...


class ListedObject(NamedTuple):
    """The newest version of an object; `exists` False = it is a delete marker. Its sequencer is not known."""

    version: DroppedObject
    exists: bool


class KnowledgeObjects(Protocol):
    """The objects below `knowledge/`."""

    def metadata(self, bucket: str, key: str) -> Mapping[str, str] | None:
        """What its owner says about the newest version (`x-amz-meta-...`); None where there is no object."""
        ...

    def newest(self, bucket: str) -> Iterator[ListedObject]:
        """The newest version of every object, deleted ones too."""
        ...


class KnowledgeChecks(Protocol):
    """What has documents looked at again."""

    def later(self, documents: Sequence[DocumentRef], *, round_number: int) -> None:
        """Look at them some seconds from now, minutes after many rounds."""
        ...
