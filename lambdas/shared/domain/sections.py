"""Splits a long text on its structure into sections of nearly the same length, none above a limit of tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lambdas.shared.domain.tokens import MOST_TOKENS_PER_CHARACTER, estimate_tokens

BETWEEN_PARTS = "\n\n"
# From the strongest boundary of a text to the weakest: a chapter's heading, a paragraph, a line, a sentence, a word.
_BOUNDARIES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?m)^(?=#{1,3} )",
        r"(?mi)^(?=(?:chapter|part|book|section|kapitel|teil|chapitre|capítulo|제\s?\d+\s?[장부편]|第.{1,4}[章部]) ?)",
        r"(?<=\n)\n+(?=\S)",
        r"(?<=\n)(?=\S)",
        r"(?<=[.!?…])\s+(?=\S)|(?<=[。！？])",
        r"(?<=\s)(?=\S)",
    )
)


def split_sections(parts: Sequence[str], *, most_tokens: int) -> tuple[str, ...]:
    """The text of `parts` (pages, sheets, ...) in sections of at most `most_tokens` estimated tokens each.

    Not a character is lost or said twice but for white space at the seams. Sections are about equally long, so that
    none gets a summary that is richer for being shorter. A text that fits is one section.
    """
    texts = [part.strip() for part in parts if part.strip()]
    whole = BETWEEN_PARTS.join(texts)
    total = estimate_tokens(whole)
    if total <= most_tokens:
        return (whole,)
    even = -(-total // -(-total // most_tokens))  # the limit, evened out over as many sections as it takes anyway
    # A little above the even share: pieces are not all alike, and the last section must not be a leftover.
    target = min(most_tokens, even + even // 8)
    small = max(1, target // 2)  # a page stays whole unless half a section would have to wait for it
    pieces = [piece for text in texts for piece in _pieces(text + BETWEEN_PARTS, most_tokens=small, level=0)]
    return tuple(_packed(pieces, target, most_tokens))


def _pieces(text: str, *, most_tokens: int, level: int) -> Iterator[str]:
    """`text` cut at the strongest boundaries that make pieces small enough; pieces joined again give the text."""
    if estimate_tokens(text) <= most_tokens:
        yield text
    elif level < len(_BOUNDARIES):
        for piece in _cut(text, _BOUNDARIES[level]):
            yield from _pieces(piece, most_tokens=most_tokens, level=level + 1)
    else:  # no boundary at all: cut by length
        step = max(1, most_tokens // MOST_TOKENS_PER_CHARACTER)
        yield from (text[at : at + step] for at in range(0, len(text), step))


def _cut(text: str, boundary: re.Pattern[str]) -> Iterator[str]:
    """White space of a boundary stays with the piece before it."""
    start = 0
    for match in boundary.finditer(text):
        if match.end() > start:
            yield text[start : match.end()]
            start = match.end()
    if start < len(text):
        yield text[start:]


def _packed(pieces: Sequence[str], target: int, most_tokens: int) -> Iterator[str]:
    """Whole pieces in order, as many as fit."""
    room = min(target, most_tokens)
    section: list[str] = []
    size = 0
    for piece in pieces:
        tokens = estimate_tokens(piece)
        if section and size + tokens > room:
            yield "".join(section).strip()
            section, size = [], 0
        section.append(piece)
        size += tokens
    if section:
        yield "".join(section).strip()
