"""What kind of document some bytes are: by content first, a name's ending only tells what was meant."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal

from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES, MEBIBYTE
from lambdas.shared.domain.document_signatures import container_kind, foreign_type
from lambdas.shared.domain.errors import UnreadableDocumentError
from lambdas.shared.domain.wide_encodings import unmarked_wide_encoding

Kind = Literal["pdf", "docx", "pptx", "xlsx", "csv", "html", "markdown", "rtf", "eml", "msg", "zip", "text"]

_KINDS_BY_ENDING: dict[str, Kind] = {
    ".pdf": "pdf",
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), "docx"),
    **dict.fromkeys((".pptx", ".pptm", ".potx", ".ppsx", ".ppsm"), "pptx"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm"), "xlsx"),
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    ".rtf": "rtf",
    **dict.fromkeys((".eml", ".mht", ".mhtml"), "eml"),
    ".msg": "msg",
    ".zip": "zip",
    **dict.fromkeys((".txt", ".text"), "text"),
}
SUPPORTED_ENDINGS = frozenset({"", *_KINDS_BY_ENDING})
_TEXTUAL: frozenset[Kind] = frozenset({"csv", "html", "markdown", "eml", "text"})
# Readers accept a header anywhere in the first kilobyte: mail gateways and scanners put bytes in front of it. A text
# that speaks of "%PDF-1.7" has a letter or a space before it.
_PDF_HEADER = re.compile(rb"(?<![ -~])%PDF-\d")
_PDF_HEADER_WITHIN = 1024
_LOOKED_AT = 4096
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROLS = bytes({*range(9), 11, *range(14, 26), *range(28, 32)})
_MOST_CONTROLS = 0.01
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_TAG = re.compile(r"<(?:html|head|body|title|meta|div|p|table|h[1-6]|br|span|a|ul|ol)\b", re.I)
_HEADER_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40}):", re.M)
_MAILBOX_LINE = re.compile(r"\AFrom .*\r?\n")  # in front of a message, from a mailbox file
# A memo that begins with From and Subject is a text; mail programs write these as well.
_ONLY_IN_MAIL = frozenset({"message-id", "mime-version", "received", "return-path", "x-mailer"})
_IN_MAIL = frozenset({"from", "to", "subject", "date", *_ONLY_IN_MAIL})


def recognise(content: bytes, name: str) -> Kind:
    """The kind of `content`; raises UnreadableDocumentError (`empty_document`, `document_too_large`,
    `unsupported_type`, `encrypted_document`, `damaged_...`)."""
    if not content:
        raise UnreadableDocumentError("The document has 0 bytes; drop it again.", code="empty_document")
    if len(content) > LARGEST_DOCUMENT_BYTES:
        raise too_large(len(content))
    ending = PurePosixPath(name).suffix.lower()
    meant = _KINDS_BY_ENDING.get(ending)
    found = container_kind(content, meant)
    if found is not None:
        return found
    if _PDF_HEADER.search(content, 0, _PDF_HEADER_WITHIN):
        return "pdf"
    foreign = foreign_type(content, ending)
    if foreign is not None:
        raise _unsupported(foreign)
    if meant == "pdf":
        # What follows a lost header is no text for people, though much of it is printable.
        raise UnreadableDocumentError(
            "The document is called .pdf but has no PDF header; save it again as PDF.", code="damaged_pdf"
        )
    if looks_binary(content):
        return _binary_as_text(ending, meant)
    return _textual_kind(content, meant)


def too_large(size: int) -> UnreadableDocumentError:
    return UnreadableDocumentError(
        f"The document has {size:,} bytes; at most {LARGEST_DOCUMENT_BYTES:,} ({LARGEST_DOCUMENT_BYTES // MEBIBYTE} MB)"
        " are read. Split it, or take the pictures out.",
        code="document_too_large",
    )


def looks_binary(content: bytes) -> bool:
    """Whether the beginning holds bytes that no text in a one-byte or multi-byte encoding has."""
    start = content[:_LOOKED_AT]
    if start.startswith(_MARKS) or unmarked_wide_encoding(content) is not None:
        return False
    return len(start) - len(start.translate(None, _CONTROLS)) > len(start) * _MOST_CONTROLS


def _binary_as_text(ending: str, meant: Kind | None) -> Kind:
    if not ending or meant in _TEXTUAL:
        return "text"  # decoding says what is wrong with it
    if meant is not None:
        raise UnreadableDocumentError(
            f"The document is called {ending} but its content is something else; save it again.",
            code=f"damaged_{meant}",
        )
    raise _unsupported("Documents of this type are not read")


def _textual_kind(content: bytes, meant: Kind | None) -> Kind:
    """An unknown ending (.log, .v2, .json) does not matter where the content is text."""
    start = content[:_LOOKED_AT].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").decode("latin-1")
    if _HTML.match(start) or (meant == "html" and _TAG.search(start)):
        return "html"
    if _is_mail(start, meant):
        return "eml"
    return meant if meant in ("csv", "markdown") else "text"


def _is_mail(start: str, meant: Kind | None) -> bool:
    head = _MAILBOX_LINE.sub("", re.split(r"\r?\n\r?\n", start, maxsplit=1)[0].lstrip())
    if not _HEADER_LINE.match(head):
        return False
    names = {name.lower() for name in _HEADER_LINE.findall(head)}
    return bool(names & _IN_MAIL) if meant == "eml" else bool(names & _ONLY_IN_MAIL) and len(names & _IN_MAIL) > 2


def _unsupported(what: str) -> UnreadableDocumentError:
    return UnreadableDocumentError(
        f"{what}; save it as PDF, DOCX or text and drop that." if ";" not in what else f"{what}.",
        code="unsupported_type",
    )
