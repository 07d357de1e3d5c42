"""What a reader writes into: the parts of a document's text, counted against the limits while they grow."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambdas.shared.domain.document_limits import (
    MEBIBYTE,
    MOST_CHARACTERS,
    MOST_SKIPPED,
    MOST_TIMES_LARGER,
    MOST_UNPACKED_BYTES,
    SMALL_UNPACKED_BYTES,
)
from lambdas.shared.domain.document_text import PartName
from lambdas.shared.domain.errors import UnreadableDocumentError

_LONGEST_SENTENCE = 300


def counted(number: int, what: str) -> str:
    """`1 hidden sheet`, `2 hidden sheets`"""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


@dataclass(slots=True)
class Budget:
    """What one dropped document may still bring forth, files within files included."""

    characters: int = MOST_CHARACTERS
    unpacked_bytes: int = MOST_UNPACKED_BYTES

    def take_characters(self, count: int) -> None:
        """Raises UnreadableDocumentError `document_too_large`."""
        self.characters -= count
        if self.characters < 0:
            raise UnreadableDocumentError(
                f"The document holds more than {MOST_CHARACTERS:,} characters of text; split it.",
                code="document_too_large",
            )

    def is_spent(self) -> bool:
        return self.characters < 0 or self.unpacked_bytes < 0

    def take_unpacked(self, count: int, *, unpacked: int, packed: int) -> None:
        """`count` more bytes of a file that has come to `unpacked` out of `packed`. Raises `archive_bomb`."""
        self.unpacked_bytes -= count
        if self.unpacked_bytes < 0:
            raise UnreadableDocumentError(
                f"The document unpacks to more than {MOST_UNPACKED_BYTES // MEBIBYTE} MB; split it.",
                code="archive_bomb",
            )
        if unpacked > SMALL_UNPACKED_BYTES and unpacked > packed * MOST_TIMES_LARGER:
            raise UnreadableDocumentError(
                f"A file within the document unpacks to more than {MOST_TIMES_LARGER} times its size, as made to "
                "fill memories; save it again, or take that file out.",
                code="archive_bomb",
            )


@dataclass(slots=True)
class Extraction:
    """The text so far. `depth` counts the containers (archive, message) around this document."""

    budget: Budget
    part_name: PartName = "section"
    depth: int = 0
    parts: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    untold: int = 0
    _pieces: list[str] = field(default_factory=list)

    def write(self, text: str) -> None:
        self.budget.take_characters(len(text))
        self._pieces.append(text)

    def append(self, counted: str) -> None:
        """Write what has been counted before."""
        self._pieces.append(counted)

    def end_part(self) -> None:
        self.parts.append("".join(self._pieces).strip("\n"))
        self._pieces.clear()

    def skip(self, sentence: str) -> None:
        """Tell what is not read, in a sentence without any of the document's text."""
        if len(self.skipped) < MOST_SKIPPED:
            printable = "".join(character if character.isprintable() else " " for character in sentence)
            self.skipped.append(printable[:_LONGEST_SENTENCE])
        else:
            self.untold += 1

    def inner(self) -> Extraction:
        """For a document within this one: its own parts, the same budget."""
        return Extraction(self.budget, depth=self.depth + 1)

    def sentences(self) -> list[str]:
        more = [f"Not told one by one: {counted(self.untold, 'more thing')}."] if self.untold else []
        return [*self.skipped, *more]

    def is_blank(self) -> bool:
        return not any(part.strip() for part in self.parts)
