"""A ZIP as one document of several files: each file's text is a part under its name."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import PurePosixPath

from lambdas.shared.adapters.text_readers.encodings import decode_text
from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.adapters.text_readers.guarded_archive import GuardedArchive
from lambdas.shared.adapters.text_readers.message_text import ReadInner, read_inner_file
from lambdas.shared.domain.document_limits import MOST_FILES
from lambdas.shared.domain.document_signatures import too_many_files
from lambdas.shared.domain.errors import UnreadableDocumentError

_UTF8_NAME = 0x800
# What file managers leave behind
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_LITTER_FOLDERS = frozenset({"__MACOSX"})


def read_zip(content: bytes, extraction: Extraction, read: ReadInner) -> None:
    """Raises UnreadableDocumentError if nothing in it can be read, with the code of most of the reasons."""
    extraction.part_name = "file"
    if extraction.depth:
        raise UnreadableDocumentError(
            "It is an archive within an archive or a message; unpack it and drop what is in it.", code="nested_archive"
        )
    with GuardedArchive(content, extraction.budget) as archive:
        members = [member for member in archive.members() if not member.is_dir()]
        if len(members) > MOST_FILES:
            raise too_many_files()
        reasons: Counter[str] = Counter()
        for member, name in zip(members, _names(members), strict=True):
            path = PurePosixPath(name)
            if path.name in _LITTER or _LITTER_FOLDERS & set(path.parts):
                continue
            error = read_inner_file(name, name, lambda m=member: archive.read(m), extraction, read)  # type: ignore[misc]
            reasons.update([error.code] if error else [])
    if extraction.is_blank():
        raise _nothing_readable(reasons)


def _nothing_readable(reasons: Counter[str]) -> UnreadableDocumentError:
    code = reasons.most_common(1)[0][0] if reasons else "empty_document"
    if code == "needs_ocr":  # not the archive itself can be shown to a model
        code = "no_text"
    return UnreadableDocumentError(
        f"None of the archive's files can be read (most often: {code}); unpack it and drop them one by one to see why.",
        code=code,
    )


def _names(members: list[zipfile.ZipInfo]) -> list[str]:
    """Clean relative paths. Names without the UTF-8 mark are in the code page of the computer that packed them, which
    zipfile reads as that of the first PC; all of them together tell which one it was."""
    names = [member.filename for member in members]
    unmarked = [name for name, member in zip(names, members, strict=True) if not member.flag_bits & _UTF8_NAME]
    if not all(map(str.isascii, unmarked)):
        try:
            decoded = decode_text("\n".join(unmarked).encode("cp437")).split("\n")
            redone = dict(zip(unmarked, decoded, strict=True))
            names = [redone.get(name, name) for name in names]
        except (UnreadableDocumentError, UnicodeError, ValueError):
            pass
    return [_clean(name) for name in names]


def _clean(name: str) -> str:
    """Nothing is ever written to a disk; an absolute path or one that climbs up is only not shown as such."""
    parts = [
        part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..") and not part.endswith(":")
    ]
    return "/".join(parts) or "without a name"
