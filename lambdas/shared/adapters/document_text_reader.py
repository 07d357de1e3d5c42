"""Reads the text of documents of every kind: plain text right here, all else in a process of its own."""

from __future__ import annotations

from lambdas.shared.adapters.isolated_reading import read_isolated
from lambdas.shared.adapters.text_readers.extraction import Budget, Extraction
from lambdas.shared.adapters.text_readers.reading import read_into
from lambdas.shared.domain.document_language import language_of
from lambdas.shared.domain.document_text import DocumentText, Kind, recognise
from lambdas.shared.domain.errors import UnreadableDocumentError

# One pass over the text, by the standard library: nothing in them can make it slow or large.
_HARMLESS: frozenset[Kind] = frozenset({"text", "markdown"})


class DocumentTextReader:
    """`TextReader` for all kinds that `recognise` knows."""

    def read(self, content: bytes, name: str) -> DocumentText:
        if recognise(content, name) in _HARMLESS:
            extraction = Extraction(Budget())
            read_into(extraction, content, name)
        else:
            extraction = read_isolated(content, name)
        parts = tuple(map(_clean, extraction.parts))
        if not any(part.strip() for part in parts):
            raise UnreadableDocumentError("The document holds no text; drop one that does.", code="empty_document")
        return DocumentText(parts, language_of(parts), extraction.part_name, tuple(extraction.sentences()))


def _clean(text: str) -> str:
    """Zeros and lone halves of characters cannot be stored or sent on: some PDFs and RTFs hold them."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
