"""The port to where a question's passages are looked for: the Knowledge Base, or one of the tenant's collections."""

from __future__ import annotations

from typing import Protocol

from lambdas.shared.domain.passage_retriever import PassageRetriever


class PassageSources(Protocol):
    """Knows the retrievers of a deployment."""

    def source(self, tenant: str, collection: str | None) -> PassageRetriever:
        """The collection of that name, the Knowledge Base for None. Raises NotFoundError for a collection that the
        tenant does not have, InvalidInputError where there is no Knowledge Base and no collection is named."""
        ...
