"""A ZIP that is unpacked in small pieces and counted, so that a bomb is refused before it goes off."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from lambdas.shared.adapters.text_readers.extraction import Budget
from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES, MEBIBYTE
from lambdas.shared.domain.document_signatures import open_archive
from lambdas.shared.domain.errors import UnreadableDocumentError

_PIECE_BYTES = 256 * 1024
_ENCRYPTED = 0x1
# Python unpacks a piece of these without a bound, and no program that people use writes them by itself.
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


class GuardedArchive:
    """The members of a ZIP, or the parts of an office file, by their names."""

    def __init__(self, content: bytes, budget: Budget, kind: str = "zip") -> None:
        self._archive = open_archive(content, kind)
        self._budget = budget
        self._kind = kind
        self._names = {info.filename.replace("\\", "/").lstrip("/"): info for info in self._archive.infolist()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def names(self) -> list[str]:
        return list(self._names)

    def members(self) -> list[zipfile.ZipInfo]:
        """Every entry, also of equal names, in the order of the archive."""
        return self._archive.infolist()

    def pieces(self, member: str | zipfile.ZipInfo) -> Iterator[bytes]:
        """The member's bytes, some at a time. Raises UnreadableDocumentError."""
        info = self._names.get(member) if isinstance(member, str) else member
        if info is None:
            raise self._damaged()
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableDocumentError(
                "It is encrypted and needs a password; drop it without one.", code="encrypted_document"
            )
        if info.compress_type not in _READABLE:
            raise UnreadableDocumentError(
                "It is packed by a method that is not read; pack it again as ZIP (deflate).", code="unsupported_type"
            )
        unpacked = 0
        try:
            with self._archive.open(info) as file:
                while piece := file.read(_PIECE_BYTES):
                    unpacked += len(piece)
                    self._budget.take_unpacked(len(piece), unpacked=unpacked, packed=info.compress_size)
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise self._damaged() from error

    def read(self, member: str | zipfile.ZipInfo) -> bytes:
        """The whole member, at most as large as a document may be. Raises UnreadableDocumentError."""
        pieces, size = [], 0
        for piece in self.pieces(member):
            size += len(piece)
            if size > LARGEST_DOCUMENT_BYTES:
                raise UnreadableDocumentError(
                    f"It has more than {LARGEST_DOCUMENT_BYTES // MEBIBYTE} MB; split it.", code="document_too_large"
                )
            pieces.append(piece)
        return b"".join(pieces)

    def _damaged(self) -> UnreadableDocumentError:
        return UnreadableDocumentError(
            "A file within the document is damaged or missing; save it again.", code=f"damaged_{self._kind}"
        )
