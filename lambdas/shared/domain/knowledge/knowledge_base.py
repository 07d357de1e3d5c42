"""The port to the Knowledge Base as a store of documents; finding passages is `PassageRetriever`'s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from lambdas.shared.domain.metadata_filter import MetadataValue

# Of one call: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_IngestKnowledgeBaseDocuments.html
MOST_AT_ONCE = 10


class Standing(StrEnum):
    """Where a document stands in the Knowledge Base. INGESTING and DELETING go on by themselves."""

    ABSENT = "ABSENT"
    INGESTING = "INGESTING"
    INDEXED = "INDEXED"
    PARTLY_INDEXED = "PARTLY_INDEXED"
    FAILED = "FAILED"
    DELETING = "DELETING"


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """`reason`: why it failed, in the service's words; `changed_at`: when its standing changed, None = not told."""

    document_id: str
    standing: Standing
    reason: str = ""
    changed_at: datetime | None = None


class Ingestion(NamedTuple):
    """`uri`: where the content lies now; `metadata`: of every passage, and what filters compare."""

    document_id: str
    uri: str
    metadata: Mapping[str, MetadataValue]


class KnowledgeBase(Protocol):
    """Works on its own time: what is asked for is told done later. At most `MOST_AT_ONCE` documents a call.

    Raises ModelThrottledError and ModelUnavailableError where the same call may succeed later, ModelNotEnabledError
    where the deployment may not, ModelRefusedRequestError for a request that the service does not take.
    """

    def look(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        """Where each document stands, by its id; all of them."""
        ...

    def ingest(self, documents: Sequence[Ingestion]) -> dict[str, StoredDocument]:
        """Begin to take these in, in the place of what there is under their ids."""
        ...

    def delete(self, document_ids: Sequence[str]) -> None:
        """Begin to remove these; what is not there is no error."""
        ...

    def all(self) -> Iterator[StoredDocument]:
        """Every document that it knows."""
        ...
