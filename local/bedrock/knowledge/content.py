"""The text of a document that is to be ingested, with the places where its pages begin.

https://docs.aws.amazon.com/bedrock/latest/userguide/knowledge-base-ds.html names the formats and the largest size.
"""

from __future__ import annotations

import bisect
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from moto.s3.models import s3_backends
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from local.bedrock.batch.objects import Location
from local.bedrock.document_text import document_text
from local.bedrock.knowledge.office_text import NotOfficeError, sheets_text, word_text
from local.environment import ACCOUNT

LARGEST_BYTES = 50 * 1024 * 1024
_FORMATS = {
    ".txt": "txt", ".md": "md", ".csv": "csv", ".html": "html", ".htm": "html", ".pdf": "pdf", ".docx": "docx",
    ".xlsx": "xlsx", "text/plain": "txt", "text/markdown": "md", "text/csv": "csv", "text/html": "html",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}  # fmt: skip


class UnreadableError(Exception):
    """Why a document cannot be ingested, as its status reason says it."""


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """`page_starts`: the place of each page in the text; empty for a document without pages. `uri`: empty for inline
    content."""

    text: str
    uri: str = ""
    page_starts: tuple[int, ...] = ()

    def page_at(self, place: int) -> int | None:
        """The page, from 1, on which this character stands."""
        return bisect.bisect_right(self.page_starts, place) or None


def read_content(content: Mapping[str, Any]) -> DocumentContent:
    """Of a KnowledgeBaseDocument's `content`; raises UnreadableError."""
    custom = content.get("custom", {})
    if custom.get("sourceType") == "IN_LINE":
        inline = custom["inlineContent"]
        if inline["type"] == "TEXT":
            return DocumentContent(inline["textContent"]["data"])
        return _read(inline["byteContent"]["data"], _FORMATS.get(inline["byteContent"]["mimeType"]), "")
    uri = str((custom or content["s3"])["s3Location"]["uri"])
    return _read(_object(uri), _FORMATS.get(PurePosixPath(uri).suffix.lower()), uri)


def _object(uri: str) -> bytes:
    place = Location.of(uri)
    bucket = s3_backends[ACCOUNT]["aws"].buckets.get(place.bucket)
    key = bucket.keys.get(place.key) if bucket is not None else None
    if key is None or not hasattr(key, "value"):  # a delete marker has none
        raise UnreadableError("The specified S3 object does not exist or the knowledge base role may not read it.")
    if key.size > LARGEST_BYTES:
        raise UnreadableError("The document exceeds the maximum file size of 50 MB.")
    return bytes(key.value)


def _read(data: bytes, document_format: str | None, uri: str) -> DocumentContent:
    if document_format is None:
        raise UnreadableError("The file format is not supported; use txt, md, html, csv, pdf, docx or xlsx.")
    if document_format == "pdf":
        return _pdf(data, uri)
    try:
        if document_format == "docx":
            return DocumentContent(word_text(data), uri)
        if document_format == "xlsx":
            return DocumentContent(sheets_text(data), uri)
    except NotOfficeError:
        raise UnreadableError("The file is corrupt: it could not be parsed.") from None
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError("The file is corrupt: it holds no text.")
    return DocumentContent(document_text(data, document_format, uri) or "", uri)


def _pdf(data: bytes, uri: str) -> DocumentContent:
    try:
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, OSError):
        raise UnreadableError("The file is corrupt: the PDF could not be parsed.") from None
    text, starts = "", []
    for page in pages:
        starts.append(len(text))
        text += page + "\n\n"
    return DocumentContent(text, uri, tuple(starts))
