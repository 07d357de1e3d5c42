"""Reads PDF by pypdf, and plain text."""

from __future__ import annotations

from io import BytesIO

from pypdf import PasswordType, PdfReader

from lambdas.shared.adapters.pdf_page_text import page_text
from lambdas.shared.domain.document_text import DocumentText, NeedsOcrError, decode_text, recognise
from lambdas.shared.domain.errors import UnreadableDocumentError


class DocumentTextReader:
    """`TextReader` for .pdf, .txt and .md."""

    def read(self, content: bytes, name: str) -> DocumentText:
        if recognise(content, name) == "text":
            return DocumentText((decode_text(content),), None, "section")
        pages = _pages(content)
        if not any(page.strip() for page in pages):
            raise NeedsOcrError(
                f"None of the PDF's {len(pages)} pages holds text; it needs OCR first.", pages=len(pages)
            )
        return DocumentText(pages, None, "page")


def _pages(content: bytes) -> tuple[str, ...]:
    try:
        reader = _opened(content)
        # Half a document would become half a summary: one page that cannot be read fails the document.
        return tuple(page_text(page) for page in reader.pages)
    except UnreadableDocumentError:
        raise
    except Exception as error:
        # pypdf meets damaged files with every kind of exception (KeyError, RecursionError, AssertionError, ...).
        raise UnreadableDocumentError("The PDF is damaged and cannot be read.", code="damaged_pdf") from error


def _opened(content: bytes) -> PdfReader:
    """Many encrypted files only restrict printing and open with the empty password."""
    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise UnreadableDocumentError(
            "The PDF is encrypted and needs a password; drop it without one.", code="encrypted_pdf"
        )
    return reader
