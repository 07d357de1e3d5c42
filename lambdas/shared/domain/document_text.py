"""A document's text in parts, and the port that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from lambdas.shared.domain.document_kind import Kind, recognise
from lambdas.shared.domain.errors import UnreadableDocumentError

__all__ = ["NEEDS_OCR", "DocumentText", "Kind", "NeedsOcrError", "PartName", "TextReader", "recognise"]

NEEDS_OCR = "needs_ocr"
_MOST_SENTENCES = 10
_LONGEST_SENTENCE = 300
PartName = Literal["page", "slide", "sheet", "file", "section", "message"]


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document's text in parts, in reading order: pages, slides, sheets, messages, files.

    `parts` are plain text and light Markdown (headings as `# ...` lines where the format has them, table rows as
    `a | b` lines); blank ones keep their place, so that page 3 is `parts[2]`, and at least one is not blank.
    `language` is the ISO 639-1 code of most of the text, None where it cannot be told. `skipped` are sentences about
    what could not be read; they hold names of files within the document, and none of its text.
    """

    parts: tuple[str, ...]
    language: str | None
    part_name: PartName
    skipped: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """The first of `skipped`: they travel through a workflow's state, which is bounded."""
        short = tuple(sentence[:_LONGEST_SENTENCE] for sentence in self.skipped[:_MOST_SENTENCES])
        left = len(self.skipped) - len(short)
        return (*short, f"{left} more parts were not read.") if left > 0 else short


class NeedsOcrError(UnreadableDocumentError):
    """A PDF of pictures: `pages` of them, none with text. A model that sees documents may read it."""

    def __init__(self, pages: int) -> None:
        super().__init__(
            f"None of the PDF's pages holds text (pages: {pages:,}); run text recognition (OCR) over it first.",
            code=NEEDS_OCR,
        )
        self.pages = pages


class TextReader(Protocol):
    """Reads a document's text."""

    def read(self, content: bytes, name: str) -> DocumentText:
        """`name` is the object's key or the file's name; only its ending counts, and only where the content leaves a
        choice. Raises UnreadableDocumentError with the reason as its code and the remedy in its words, NeedsOcrError
        for a PDF without text, and nothing else."""
        ...
