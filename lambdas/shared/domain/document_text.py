"""What kind of document some bytes are, and the text of those that are plain text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, Protocol

from lambdas.shared.domain.errors import UnreadableDocumentError

Kind = Literal["pdf", "text"]

SUPPORTED_ENDINGS = frozenset({"", ".txt", ".text", ".md", ".markdown", ".pdf"})
# Readers accept a header anywhere in the first kilobyte: mail gateways and scanners put bytes in front of it.
_PDF_HEADER_WITHIN = 1024
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LAYOUT = frozenset("\t\n\r\f\v\x1a\x1b")
_MOST_CONTROLS = 0.005
_MOST_ACCENTS = 0.3


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document's text in parts, in reading order: pages, slides, sheets, messages, files."""

    parts: tuple[str, ...]
    language: str | None
    part_name: str
    skipped: tuple[str, ...] = ()


class NeedsOcrError(UnreadableDocumentError):
    """A document of pictures alone."""

    code = "needs_ocr"

    def __init__(self, detail: str, *, pages: int) -> None:
        super().__init__(detail, code="needs_ocr")
        self.pages = pages


class TextReader(Protocol):
    """Reads a document's text."""

    def read(self, content: bytes, name: str) -> DocumentText:
        """The text page by page (a plain text is one page), at least one of them not blank.

        Raises UnreadableDocumentError with the reason as its code. `name` is the object's key."""
        ...


def recognise(content: bytes, name: str) -> Kind:
    """The kind by content first; the name's ending only tells what was meant. Raises UnreadableDocumentError."""
    if not content:
        raise UnreadableDocumentError("The document has 0 bytes.", code="empty_document")
    if b"%PDF-" in content[:_PDF_HEADER_WITHIN]:
        return "pdf"
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".pdf":
        raise UnreadableDocumentError("The document is called .pdf but has no PDF header.", code="damaged_pdf")
    if ending not in SUPPORTED_ENDINGS:
        raise UnreadableDocumentError(
            f"Documents of type {ending} are not supported; convert it to PDF, .txt or .md.", code="unsupported_type"
        )
    return "text"


def decode_text(content: bytes) -> str:
    """Plain text in UTF-8, UTF-16, UTF-32 or, failing these, Windows-1252. Raises UnreadableDocumentError `not_text`
    for anything that looks binary, and `empty_document` where nothing but white space is left."""
    text = _decode(content)
    controls = sum(1 for character in text if character < " " and character not in _LAYOUT)
    if "\0" in text or controls > len(text) * _MOST_CONTROLS:
        raise _not_text("it holds control characters, as binary files do")
    if not text.strip():
        raise UnreadableDocumentError("The document holds nothing but white space.", code="empty_document")
    return text


def _decode(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding).removeprefix("\ufeff")
            except UnicodeDecodeError as error:
                raise _not_text(f"it has the mark of {encoding} but cannot be decoded") from error
    if b"\0" in content:
        return _decode_unmarked_utf16(content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_western(content)


def _decode_unmarked_utf16(content: bytes) -> str:
    """Western text in UTF-16 has a zero in nearly every second byte, and none in the others."""
    half = len(content) // 2
    for encoding, zeros, letters in (
        ("utf-16-le", content[1::2], content[::2]),
        ("utf-16-be", content[::2], content[1::2]),
    ):
        if zeros.count(0) > half * 0.7 and not letters.count(0):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                break
    raise _not_text("it holds zero bytes, as binary files do")


def _decode_western(content: bytes) -> str:
    """Text in an Asian code page also decodes as Windows-1252, to nonsense made of accented letters."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise _not_text("its encoding is neither UTF-8 nor UTF-16 nor Windows-1252; save it as UTF-8") from error
    if sum(1 for character in text if character > "\x7f") > len(text) * _MOST_ACCENTS:
        raise _not_text("its encoding is not known; save it as UTF-8")
    return text


def _not_text(why: str) -> UnreadableDocumentError:
    return UnreadableDocumentError(f"The document cannot be read as text: {why}.", code="not_text")
