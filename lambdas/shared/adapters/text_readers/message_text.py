"""What the two kinds of e-mail files have in common: header lines, and attachments as parts of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.domain.errors import UnreadableDocumentError

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
ReadInner = Callable[[bytes, str, Extraction], None]


@dataclass(frozen=True, slots=True)
class Attachment:
    """`content` is called when it is read; it may raise, then the attachment is told as not readable."""

    name: str
    content: Callable[[], bytes]


def write_headers(headers: dict[str, str], extraction: Extraction) -> None:
    """`headers` by their names; those that are empty are left out."""
    extraction.part_name = "message"
    for name in _HEADERS:
        value = " ".join(headers.get(name, "").split())
        if value:
            extraction.write(f"{name}: {value}\n")
    extraction.write("\n")


def read_attachments(attachments: Iterable[Attachment], extraction: Extraction, read: ReadInner) -> None:
    """Those of a message that was dropped itself; those of a message within a message or an archive are only named."""
    for attachment in attachments:
        name = attachment.name or "without a name"
        if extraction.depth:
            extraction.skip(f"Attachment {name}: it lies too deep; drop it by itself.")
        else:
            read_inner_file(f"Attachment {name}", name, attachment.content, extraction, read)


def read_inner_file(
    title: str, name: str, content: Callable[[], bytes], extraction: Extraction, read: ReadInner
) -> UnreadableDocumentError | None:
    """One part with all of the file's text under its title, or a sentence why not. What concerns the whole document
    (a bomb, too much text) is raised."""
    inner = extraction.inner()
    try:
        read(content(), name, inner)
    except UnreadableDocumentError as error:
        if error.code == "archive_bomb" or extraction.budget.is_spent():
            raise
        extraction.skip(f"{title}: {error}")
        return error
    if inner.is_blank():
        extraction.skip(f"{title}: It holds no text.")
        return UnreadableDocumentError("It holds no text.", code="empty_document")
    extraction.write(f"# {' '.join(title.split())}\n\n")
    # the characters have been counted when they were read
    extraction.append("\n\n".join(part for part in inner.parts if part.strip()))
    extraction.end_part()
    for sentence in inner.sentences():
        extraction.skip(f"{title}: {sentence}")
    return None
