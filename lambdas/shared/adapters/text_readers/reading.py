"""Which reader reads which kind; each is imported when its kind comes, so that a note does not pay for PDFs."""

from __future__ import annotations

from importlib import import_module

from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.domain.document_text import Kind, recognise
from lambdas.shared.domain.errors import UnreadableDocumentError

_READERS: dict[Kind, str] = {
    "pdf": "pdf_text.read_pdf",
    "docx": "word_text.read_docx",
    "pptx": "slides_text.read_pptx",
    "xlsx": "workbook_text.read_xlsx",
    "csv": "csv_text.read_csv",
    "html": "html_text.read_html",
    "markdown": "plain_text.read_plain_text",
    "rtf": "rtf_text.read_rtf",
    "eml": "eml_text.read_eml",
    "msg": "msg_text.read_msg",
    "zip": "archive_text.read_zip",
    "text": "plain_text.read_plain_text",
}
# These read documents within documents.
_CONTAINERS: frozenset[Kind] = frozenset({"eml", "msg", "zip"})


def read_into(extraction: Extraction, content: bytes, name: str) -> None:
    """Reads the document's text into `extraction`; raises UnreadableDocumentError and MemoryError, nothing else."""
    kind = recognise(content, name)
    module, function = _READERS[kind].split(".")
    read = getattr(import_module(f"lambdas.shared.adapters.text_readers.{module}"), function)
    try:
        if kind in _CONTAINERS:
            read(content, extraction, _read_inner)
        else:
            read(content, extraction)
    except (UnreadableDocumentError, MemoryError):
        raise
    except Exception as error:  # libraries meet damaged files with every kind of exception
        raise UnreadableDocumentError(
            f"The document is damaged and cannot be read as {kind.upper()}; save it again.", code=f"damaged_{kind}"
        ) from error


def _read_inner(content: bytes, name: str, extraction: Extraction) -> None:
    read_into(extraction, content, name)
