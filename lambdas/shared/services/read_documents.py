"""What a tenant may see of its documents."""

from __future__ import annotations

from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.document_store import DocumentPage, DocumentStore
from lambdas.shared.domain.dropped_object import is_document_id
from lambdas.shared.domain.errors import FieldError, InvalidInputError, NotFoundError

LARGEST_PAGE = 100
DEFAULT_PAGE = 20


class ReadDocuments:
    """The tenant always comes from the authenticated caller."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def one(self, tenant: str, document_id: str) -> Document:
        """Raises NotFoundError, also for another tenant's document."""
        document = self._documents.get(tenant, document_id) if is_document_id(document_id) else None
        if document is None:
            raise NotFoundError("There is no such document.")
        return document

    def page(self, tenant: str, *, state: str | None, limit: str | None, cursor: str | None) -> DocumentPage:
        """The parameters as they stand in the query. Raises InvalidInputError, which names the parameter."""
        return self._documents.page(tenant, state=_state(state), limit=_limit(limit), cursor=cursor)


def _state(text: str | None) -> DocumentState | None:
    if text is None:
        return None
    try:
        return DocumentState(text)
    except ValueError as error:
        states = ", ".join(DocumentState)
        raise InvalidInputError(
            "A query parameter is wrong.", errors=(FieldError("/state", f"one of {states}"),)
        ) from error


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= LARGEST_PAGE:
        return int(text)
    raise InvalidInputError("A query parameter is wrong.", errors=(FieldError("/limit", f"1 to {LARGEST_PAGE}"),))
