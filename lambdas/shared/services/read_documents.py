"""What a tenant may see of its documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.document_store import DocumentFilter, DocumentPage, DocumentStore
from lambdas.shared.domain.dropped_object import inbox_key, is_document_id
from lambdas.shared.domain.errors import FieldError, InvalidInputError, NotFoundError
from lambdas.shared.domain.timestamps import moment_from

LARGEST_PAGE = 100
DEFAULT_PAGE = 20
LONGEST_PREFIX = 1024


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

    def page(self, tenant: str, query: Mapping[str, str]) -> DocumentPage:
        """`query` as it stands in the URL: state, prefix, since, until, limit, cursor. Raises InvalidInputError, which
        names the parameter."""
        since, until = _moment("since", query.get("since")), _moment("until", query.get("until"))
        if since is not None and until is not None and since >= until:
            raise _wrong("until", "later than since")
        prefix = _prefix(query.get("prefix", ""))
        wanted = DocumentFilter(
            state=_state(query.get("state")),
            key_prefix=inbox_key(tenant, prefix) if prefix else None,
            since=since,
            until=until,
        )
        return self._documents.page(tenant, wanted, limit=_limit(query.get("limit")), cursor=query.get("cursor"))


def _wrong(parameter: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(f"/{parameter}: must be {remedy}.", errors=(FieldError(f"/{parameter}", remedy),))


def _prefix(text: str) -> str:
    """A URL can smuggle in half a character, which no key holds and DynamoDB's client would choke on."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _wrong("prefix", "UTF-8, percent-encoded") from error
    if len(text) > LONGEST_PREFIX:
        raise _wrong("prefix", f"at most {LONGEST_PREFIX} characters")
    return text


def _moment(parameter: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return moment_from(text)
    except ValueError as error:
        remedy = "a date (2026-11-21) or a time with its zone (2026-11-21T08:30:00Z; a + is written %2B)"
        raise _wrong(parameter, remedy) from error


def _state(text: str | None) -> DocumentState | None:
    if text is None:
        return None
    try:
        return DocumentState(text)
    except ValueError as error:
        raise _wrong("state", f"one of {', '.join(DocumentState)}") from error


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= LARGEST_PAGE:
        return int(text)
    raise _wrong("limit", f"1 to {LARGEST_PAGE}")
