"""The text of Word and Excel files: what stands in their XML, paragraph by paragraph and row by row."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LARGEST_PART = 100_000_000  # bytes unpacked
_SHEET_NAME = re.compile(r"xl/worksheets/sheet\d+\.xml")


class NotOfficeError(Exception):
    """The bytes are no such file, or a damaged one."""


def word_text(data: bytes) -> str:
    """Of a docx; raises NotOfficeError."""
    document = _part(_archive(data), "word/document.xml")
    paragraphs = ("".join(text.text or "" for text in each.iter(f"{_WORD}t")) for each in document.iter(f"{_WORD}p"))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph.strip())


def sheets_text(data: bytes) -> str:
    """Of an xlsx, cells separated by tabs; raises NotOfficeError."""
    archive = _archive(data)
    shared: list[str] = []
    if "xl/sharedStrings.xml" in archive.namelist():
        strings = _part(archive, "xl/sharedStrings.xml")
        shared = ["".join(text.text or "" for text in each.iter(f"{_SHEET}t")) for each in strings]
    sheets = sorted(name for name in archive.namelist() if _SHEET_NAME.fullmatch(name))
    rows = [row for sheet in sheets for row in _part(archive, sheet).iter(f"{_SHEET}row")]
    return "\n".join("\t".join(_cell(cell, shared) for cell in row.iter(f"{_SHEET}c")) for row in rows)


def _archive(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError):
        raise NotOfficeError from None


def _part(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    try:
        if archive.getinfo(name).file_size > _LARGEST_PART:
            raise NotOfficeError
        written = archive.read(name)
        if b"<!DOCTYPE" in written:  # no such file has one: it could only hold entities that explode
            raise NotOfficeError
        return ElementTree.fromstring(written)  # noqa: S314
    except (KeyError, zipfile.BadZipFile, ElementTree.ParseError, RuntimeError, OSError, NotImplementedError):
        raise NotOfficeError from None


def _cell(cell: ElementTree.Element, shared: list[str]) -> str:
    value = cell.find(f"{_SHEET}v")
    if cell.get("t") == "s" and value is not None and value.text:
        place = int(value.text) if value.text.isdigit() else len(shared)
        return shared[place] if place < len(shared) else ""
    inline = "".join(text.text or "" for text in cell.iter(f"{_SHEET}t"))
    return inline or (value.text or "" if value is not None else "")
