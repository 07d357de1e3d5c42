"""The port to whatever finds passages for a question: a Knowledge Base, or a collection of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from lambdas.shared.domain.metadata_filter import MetadataFilter, MetadataValue


class PassageQuery(NamedTuple):
    """`tenant` comes from the caller's key, never from a body: a retriever finds this tenant's passages alone.

    `text`: 1 to 1,000 characters; `top_k`: 1 to 100.
    """

    tenant: str
    text: str
    top_k: int
    filter: MetadataFilter | None = None


class Passage(NamedTuple):
    """A piece of a document. `score`: 0 to 1, more is nearer; `page` counts from 1; `start`, `end`: its place in the
    document's text in characters, where the store knows it."""

    id: str
    text: str
    document_id: str
    score: float
    metadata: Mapping[str, MetadataValue | list[str]]
    page: int | None = None
    start: int | None = None
    end: int | None = None


class PassageRetriever(Protocol):
    """Finds passages, the best first."""

    def retrieve(self, query: PassageQuery) -> list[Passage]:
        """At most `top_k`; an empty list where nothing is found. Raises InvalidInputError for conditions that the
        store cannot hold, and ModelThrottledError or ServiceUnavailable errors of the domain."""
        ...
