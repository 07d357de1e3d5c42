"""Reads from an instruction how long an answer shall be."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
_NUMBER = rf"(\d{{1,2}}|{'|'.join(_NUMBERS)}|an?|single)"
_SENTENCES = re.compile(rf"\b{_NUMBER}(?:\s*(?:to|-|–)\s*{_NUMBER})?[\s-]+(?:\w+\s+)?sentences?\b", re.IGNORECASE)
_BULLETS = re.compile(
    rf"\b{_NUMBER}(?:\s*(?:to|-|–)\s*{_NUMBER})?[\s-]+(?:\w+\s+){{0,2}}(?:bullets?|bullet[\s-]points|points|items|takeaways)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\b(\d{1,4})\s+words\b", re.IGNORECASE)
_BRIEF = re.compile(r"\b(brief|short|concise|tl;?dr|in short|one-?liner|kurz|brièvement|breve)", re.IGNORECASE)
_DETAILED = re.compile(
    r"\b(detailed|long|comprehensive|thorough|in depth|ausführlich|détaillé|detallad)", re.IGNORECASE
)
MOST = 20


@dataclass(frozen=True, slots=True)
class LengthWish:
    """`sentences`: None = as the text asks for; `words`: at most so many."""

    sentences: int | None = None
    bullets: bool = False
    words: int | None = None

    def count(self, available: int) -> int:
        """How many of so many sentences: 3 to 5 where nothing was wished."""
        if self.sentences is not None:
            return self.sentences
        return 3 if available < 15 else 4 if available < 60 else 5


def read_length_wish(instruction: str) -> LengthWish:
    """The wish that stands in the text; the first one that is found counts."""
    words = _WORDS.search(instruction)
    limit = int(words[1]) if words else None
    bullets = _BULLETS.search(instruction)
    if bullets:
        return LengthWish(_upper(bullets), bullets=True, words=limit)
    as_list = bool(re.search(r"\bbullet(s|ed)?\b|\bbullet[\s-]points?\b|\bkey points\b", instruction, re.IGNORECASE))
    sentences = _SENTENCES.search(instruction)
    if sentences:
        return LengthWish(_upper(sentences), bullets=as_list, words=limit)
    if _BRIEF.search(instruction):
        return LengthWish(2, bullets=as_list, words=limit)
    if _DETAILED.search(instruction):
        return LengthWish(8, bullets=as_list, words=limit)
    return LengthWish(5 if as_list else None, bullets=as_list, words=limit)


def _upper(match: re.Match[str]) -> int:
    text = (match[2] or match[1]).lower()
    number = int(text) if text.isdigit() else _NUMBERS.get(text, 1)
    return min(max(number, 1), MOST)
