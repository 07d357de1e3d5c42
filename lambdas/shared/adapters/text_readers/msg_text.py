"""E-mails as Outlook saves them (.msg), by olefile and the layout of [MS-OXMSG].

extract-msg is under the GPL; python-oxmsg is in its beginnings and reads every attachment into memory at once.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.shared.adapters.text_readers.encodings import decode_text
from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.adapters.text_readers.html_text import read_html
from lambdas.shared.adapters.text_readers.message_text import (
    Attachment,
    ReadInner,
    read_attachments,
    write_headers,
)
from lambdas.shared.domain.errors import UnreadableDocumentError

# Property numbers and types: [MS-OXPROPS], [MS-OXCDATA] 2.11.1
_SUBJECT, _TO, _CC, _BODY, _HTML, _COMPRESSED_RTF = "0037", "0E04", "0E03", "1000", "1013", "1009"
_SENDER_NAME, _SENDER_ADDRESS, _SENDER_SMTP = "0C1A", "0C1F", "5D01"
_LONG_NAME, _SHORT_NAME, _DATA = "3707", "3704", "3701"
_UNICODE, _EIGHT_BIT, _BINARY = "001F", "001E", "0102"
_SUBMITTED, _DELIVERED = 0x00390040, 0x0E060040
_TOP_HEADER_BYTES = 32
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_PROPERTIES = "__properties_version1.0"


def read_msg(content: bytes, extraction: Extraction, read: ReadInner) -> None:
    from olefile import OleFileIO

    with OleFileIO(io.BytesIO(content)) as file:
        message = _Storage(file, [])
        write_headers(
            {
                "From": _sender(message),
                "To": message.text(_TO),
                "Cc": message.text(_CC),
                "Date": _date(message),
                "Subject": message.text(_SUBJECT),
            },
            extraction,
        )
        _write_body(message, extraction)
        read_attachments(_attachments(file, extraction), extraction, read)
    if extraction.is_blank():  # olefile forgives a file that is cut off
        raise UnreadableDocumentError(
            "The message is damaged: it has neither headers nor text; save it again.", code="damaged_msg"
        )


class _Storage:
    """The properties of the message or of an attachment: a stream for each text, `__substg1.0_<number><type>`."""

    def __init__(self, file: Any, path: list[str]) -> None:
        self._file = file
        self._path = path

    def stream(self, name: str) -> bytes:
        path = [*self._path, name]
        return bytes(self._file.openstream(path).read()) if self._file.exists(path) else b""

    def binary(self, number: str) -> bytes:
        return self.stream(f"__substg1.0_{number}{_BINARY}")

    def text(self, number: str) -> str:
        wide = self.stream(f"__substg1.0_{number}{_UNICODE}")
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self.stream(f"__substg1.0_{number}{_EIGHT_BIT}").rstrip(b"\0")
        return decode_text(narrow) if narrow.strip() else ""


def _write_body(message: _Storage, extraction: Extraction) -> None:
    text = message.text(_BODY)
    if text.strip():
        extraction.write(text.replace("\r\n", "\n"))
        extraction.end_part()
    elif html := message.binary(_HTML) or message.text(_HTML).encode():
        read_html(html, extraction)
    else:
        extraction.end_part()
        if message.binary(_COMPRESSED_RTF):
            extraction.skip("The message's text is compressed RTF; save it as .eml or PDF.")


def _sender(message: _Storage) -> str:
    name, address = message.text(_SENDER_NAME), message.text(_SENDER_SMTP) or message.text(_SENDER_ADDRESS)
    return f"{name} <{address}>" if address and address != name and "@" in address else name or address


def _date(message: _Storage) -> str:
    """Fixed-length properties lie in one stream, 16 bytes each: type and number, flags, value."""
    properties = message.stream(_PROPERTIES)
    moments = {}
    for start in range(_TOP_HEADER_BYTES, len(properties) - 15, 16):
        tag, ticks = struct.unpack_from("<I4xQ", properties, start)
        moments[tag] = ticks
    ticks = moments.get(_SUBMITTED) or moments.get(_DELIVERED)
    try:
        return (_EPOCH + timedelta(microseconds=ticks // 10)).strftime("%Y-%m-%d %H:%M UTC") if ticks else ""
    except OverflowError:
        return ""


def _attachments(file: Any, extraction: Extraction) -> Iterator[Attachment]:
    folders = {path[0] for path in file.listdir() if path[0].startswith("__attach_version1.0_")}
    for folder in sorted(folders):
        storage = _Storage(file, [folder])
        name = storage.text(_LONG_NAME) or storage.text(_SHORT_NAME)
        if file.exists([folder, f"__substg1.0_{_DATA}{_BINARY}"]):
            yield Attachment(name, lambda storage=storage: storage.binary(_DATA))  # type: ignore[misc]
        else:
            extraction.skip(f"Attachment {name or 'without a name'}: a message within the message; drop it by itself.")
