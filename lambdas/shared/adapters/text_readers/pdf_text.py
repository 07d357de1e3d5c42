"""The text of PDFs, page by page, by pypdf."""

from __future__ import annotations

import io
from typing import Any

from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.domain.document_limits import MOST_PAGES
from lambdas.shared.domain.document_text import NeedsOcrError
from lambdas.shared.domain.errors import UnreadableDocumentError


def read_pdf(content: bytes, extraction: Extraction) -> None:
    extraction.part_name = "page"
    reader = _opened(content)
    count = len(reader.pages)
    if count > MOST_PAGES:
        raise UnreadableDocumentError(
            f"The PDF has {count:,} pages; at most {MOST_PAGES:,} are read. Split it.", code="too_many_pages"
        )
    pictures, damaged = _read_pages(reader, extraction)
    _read_form(reader, extraction)
    if extraction.is_blank():
        if len(damaged) == count:
            raise UnreadableDocumentError("The PDF is damaged and cannot be read; save it again.", code="damaged_pdf")
        raise NeedsOcrError(count)
    for numbers, why in ((pictures, "are pictures without text"), (damaged, "are damaged")):
        if numbers:
            extraction.skip(f"Pages that {why} and were not read: {_ranges(numbers)}.")


def _opened(content: bytes) -> Any:
    """Many encrypted files only restrict printing and open with the empty password."""
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise UnreadableDocumentError(
            "The PDF is encrypted and needs a password; drop it without one.", code="encrypted_pdf"
        )
    return reader


def _read_pages(reader: Any, extraction: Extraction) -> tuple[list[int], list[int]]:
    """The numbers, from 1, of the pages that are pictures, and of the damaged ones."""
    from lambdas.shared.adapters.text_readers.pdf_page_text import page_text

    pictures: list[int] = []
    damaged: list[int] = []
    for number in range(1, len(reader.pages) + 1):
        try:
            page = reader.pages[number - 1]
            text = page_text(page)
            if not text.strip() and _has_picture(page):
                pictures.append(number)
        except (MemoryError, UnreadableDocumentError):
            raise
        except Exception:  # pypdf meets damaged files with every kind of exception (KeyError, RecursionError, ...)
            damaged.append(number)
            text = ""
        extraction.write(text)
        extraction.end_part()
    return pictures, damaged


def _has_picture(page: Any) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    entries = objects.get_object().values() if objects is not None else ()
    return any(entry.get_object().get("/Subtype") in ("/Image", "/Form") for entry in entries)


def _read_form(reader: Any, extraction: Extraction) -> None:
    """What was filled into a form lies beside the pages' text; it comes at the end of the last page."""
    try:
        fields = reader.get_form_text_fields()
    except Exception:  # as above; the pages are what counts
        extraction.skip("The form's fields are damaged and were not read.")
        return
    filled = [f"{name}: {value}" for name, value in fields.items() if value]
    if filled and extraction.parts:
        extraction.write(f"{extraction.parts.pop()}\n\n" + "\n".join(filled))
        extraction.end_part()


def _ranges(numbers: list[int]) -> str:
    """`3, 7-9` of [3, 7, 8, 9]."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
