"""E-mails as mail programs save them (.eml, .mht): RFC 5322 and MIME, by the standard library."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32

from lambdas.shared.adapters.text_readers.encodings import decode_text
from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.adapters.text_readers.html_text import write_html
from lambdas.shared.adapters.text_readers.message_text import (
    Attachment,
    ReadInner,
    read_attachments,
    write_headers,
)
from lambdas.shared.domain.errors import UnreadableDocumentError

_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"})
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})


def read_eml(content: bytes, extraction: Extraction, read: ReadInner) -> None:
    # The old policy never raises on a malformed header, which the new one does in many ways.
    message = message_from_bytes(content, policy=compat32)
    if message.get_content_type() in _SEALED:
        raise UnreadableDocumentError(
            "The message is encrypted; decrypt it in the mail program and save it again.", code="encrypted_document"
        )
    write_headers({name: _header(message, name) for name in ("From", "To", "Cc", "Date", "Subject")}, extraction)
    leaves = list(_leaves(message))
    body = _body(leaves)
    if body is not None:
        _write_body(body, extraction)
    extraction.end_part()
    others = [leaf for leaf in leaves if leaf is not body and leaf.get_content_type() not in _SIGNATURES]
    read_attachments(filter(None, (_attachment(leaf, body) for leaf in others)), extraction, read)


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order; a message within the message is one. Not recursive: depth is free."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting.extend(inner for inner in reversed(payload) if isinstance(inner, Message))
        else:
            yield part


def _body(leaves: list[Message]) -> Message | None:
    """The first text that is not attached: plain before HTML."""
    texts = [leaf for leaf in leaves if leaf.get_content_disposition() != "attachment" and _bytes(leaf).strip()]
    for kind in ("text/plain", "text/html"):
        found = next((leaf for leaf in texts if leaf.get_content_type() == kind), None)
        if found is not None:
            return found
    return None


def _write_body(body: Message, extraction: Extraction) -> None:
    text = decode_text(_bytes(body), body.get_content_charset())
    if body.get_content_type() == "text/html":
        write_html(text, extraction)
    else:
        extraction.write(text.replace("\r\n", "\n"))


def _attachment(leaf: Message, body: Message | None) -> Attachment | None:
    """None for the body's other form and for the pictures that it shows."""
    kind, name = leaf.get_content_type(), _decoded(leaf.get_filename() or "")
    attached = leaf.get_content_disposition() == "attachment"
    if kind == "message/rfc822":
        payload = leaf.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        if isinstance(inner, Message):
            return Attachment(name or "message.eml", inner.as_bytes)
    if not attached and not name and kind in ("text/plain", "text/html"):
        return None if body is not None else Attachment("text", lambda: _bytes(leaf))
    if leaf.get_content_maintype() == "image" and not attached and leaf.get("Content-ID"):
        return None
    return Attachment(name, lambda: _bytes(leaf))


def _bytes(leaf: Message) -> bytes:
    payload = leaf.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _header(message: Message, name: str) -> str:
    # get() would put question marks for what is not ASCII
    return next((_decoded(str(value)) for key, value in message.raw_items() if key.lower() == name.lower()), "")


def _decoded(value: str) -> str:
    """`=?UTF-8?B?...?=` as text; raw bytes beyond ASCII, which old programs wrote, by their encoding."""
    try:
        if value.isascii():
            return str(make_header(decode_header(value)))
        return decode_text(value.encode("utf-8", "surrogateescape"))
    except (UnreadableDocumentError, UnicodeError, LookupError, ValueError):
        return value.encode("utf-8", "replace").decode("utf-8")
