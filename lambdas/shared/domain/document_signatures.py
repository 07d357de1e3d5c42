"""The first bytes of files: the containers that documents come in, and the types that are not read."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable
from typing import Literal

from lambdas.shared.domain.document_limits import MOST_FILES
from lambdas.shared.domain.errors import UnreadableDocumentError

_Container = Literal["docx", "pptx", "xlsx", "rtf", "msg", "zip"]

_OFFICE: dict[str, _Container] = {"word": "docx", "ppt": "pptx", "xl": "xlsx"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SPACE = b"\xef\xbb\xbf \t\r\n"
_LEGACY = (
    ("WordDocument", "Word documents of before 2007 (.doc) are not read; save it as .docx or PDF"),
    ("PowerPoint Document", "Presentations of before 2007 (.ppt) are not read; save it as .pptx or PDF"),
    ("Workbook", "Workbooks of before 2007 (.xls) are not read; save it as .xlsx or PDF"),
    ("Book", "Workbooks of before 2007 (.xls) are not read; save it as .xlsx or PDF"),
)
_FOREIGN = (
    (b"\x89PNG\r\n\x1a\n", "A picture (PNG) is no document; put it into a PDF"),
    (b"\xff\xd8\xff", "A picture (JPEG) is no document; put it into a PDF"),
    (b"GIF8", "A picture (GIF) is no document; put it into a PDF"),
    (b"II*\0", "A picture (TIFF) is no document; put it into a PDF"),
    (b"MM\0*", "A picture (TIFF) is no document; put it into a PDF"),
    (b"8BPS", "A picture (Photoshop) is no document; put it into a PDF"),
    (b"RIFF", "Sound, film and pictures are not read; drop a text of what they say"),
    (b"OggS", "Sound is not read; drop a text of what it says"),
    (b"ID3", "Sound is not read; drop a text of what it says"),
    (b"\x1a\x45\xdf\xa3", "Film is not read; drop a text of what it says"),
    (b"7z\xbc\xaf\x27\x1c", "Archives of this type (7z) are not read; make a ZIP of it"),
    (b"Rar!\x1a\x07", "Archives of this type (RAR) are not read; make a ZIP of it"),
    (b"\x1f\x8b", "Archives of this type (gzip) are not read; make a ZIP of it"),
    (b"BZh", "Archives of this type (bzip2) are not read; make a ZIP of it"),
    (b"\xfd7zXZ\0", "Archives of this type (xz) are not read; make a ZIP of it"),
    (b"\x28\xb5\x2f\xfd", "Archives of this type (zstd) are not read; make a ZIP of it"),
    (b"MZ\x90\0", "A program is no document"),
    (b"\x7fELF", "A program is no document"),
    (b"%!PS", "PostScript is not read"),
    (b"SQLite format 3\0", "A database is no document; export what matters as CSV"),
)
_FOREIGN_ENDINGS = {
    ".hwp": "Hangul documents (.hwp) are not read; save it as .docx or PDF",
    ".exe": "A program is no document",
}


def container_kind(content: bytes, meant: str | None) -> _Container | None:
    """The kind of a file that begins as a ZIP, OLE or RTF file, None for any other. Raises UnreadableDocumentError;
    a damaged ZIP is a damaged document of the kind that was `meant`."""
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(content, meant if meant in ("docx", "pptx", "xlsx") else "zip")
    if content.startswith(_OLE):
        return _ole_kind(content)
    return "rtf" if content[:64].lstrip(_SPACE).startswith(b"{\\rtf") else None


def foreign_type(content: bytes, ending: str) -> str | None:
    """What the file is, and the remedy, if it is of a type that is known and not read."""
    if ending in _FOREIGN_ENDINGS:
        return _FOREIGN_ENDINGS[ending]
    if content[4:8] == b"ftyp":
        return "Sound, film and pictures are not read; drop a text of what they say"
    return next((sentence for start, sentence in _FOREIGN if content.startswith(start)), None)


def open_archive(content: bytes, kind: str = "zip") -> zipfile.ZipFile:
    """The archive's directory; raises UnreadableDocumentError `damaged_<kind>` or, before a directory of millions of
    entries is laid out in memory, `archive_bomb`."""
    # An office file that is stored in the archive brings some entries of its own.
    if content.count(b"PK\x01\x02") > 20 * MOST_FILES:
        raise too_many_files()
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error, EOFError) as error:
        raise UnreadableDocumentError(
            "The file (a ZIP container) is damaged or cut off; save it again.", code=f"damaged_{kind}"
        ) from error


def too_many_files() -> UnreadableDocumentError:
    return UnreadableDocumentError(
        f"The archive holds more than {MOST_FILES:,} files; drop fewer at a time.", code="archive_bomb"
    )


def _zip_kind(content: bytes, meant: str) -> _Container:
    with open_archive(content, meant) as archive:
        names = archive.namelist()
        kind = _office_kind(names)
        if kind is not None:
            return kind
        if "mimetype" in names or any(name.endswith(".iwa") or name == "Index.zip" for name in names):
            raise UnreadableDocumentError(
                "OpenDocument, EPUB and iWork files are not read; save it as .docx, .xlsx, .pptx or PDF.",
                code="unsupported_type",
            )
    return "zip"


def _office_kind(names: Iterable[str]) -> _Container | None:
    found = {name.replace("\\", "/").lstrip("/") for name in names}
    if "[Content_Types].xml" not in found:
        return None
    if "xl/workbook.bin" in found:
        raise UnreadableDocumentError(
            "Binary workbooks (.xlsb) are not read; save it as .xlsx.", code="unsupported_type"
        )
    folders = {name.split("/", 1)[0] for name in found if "/" in name}
    for folder, kind in _OFFICE.items():
        if folder in folders:
            return kind
    raise UnreadableDocumentError("Office files of this type are not read; save it as PDF.", code="unsupported_type")


def _ole_kind(content: bytes) -> _Container:
    """A compound file's directory holds the names of its streams, in UTF-16. A message may carry any other as its
    attachment, so messages are looked for first: [MS-OXMSG] 2.2, [MS-OFFCRYPTO] 1.3.3."""
    if "__properties_version1.0".encode("utf-16-le") in content:
        return "msg"
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableDocumentError(
            "The document is encrypted and needs a password; drop it without one.", code="encrypted_document"
        )
    for stream, sentence in _LEGACY:
        if stream.encode("utf-16-le") in content:
            raise UnreadableDocumentError(f"{sentence}.", code="unsupported_type")
    raise UnreadableDocumentError(
        "Files of this type are not read; save it as PDF, DOCX or text and drop that.", code="unsupported_type"
    )
