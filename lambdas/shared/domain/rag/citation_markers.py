"""Finds the citations that a model writes between its words, while the answer still arrives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# Longer ones are no quotation of a few words: they stay in the answer as text.
_LONGEST = 900
_END = r"(?!\s*[,;\]】])"  # a sign within the quotation: after one that ends it the citation goes on or ends
_QUOTE = (
    rf"\"(?:[^\"]|\"{_END})*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»"
    rf"|‘(?:[^’]|’{_END})*’|'(?:[^']|'{_END})*'"
)
_ITEM = rf"(?:passages?|sources?)?\s*\d{{1,3}}(?:\s*[:,]?\s*(?:{_QUOTE}))?"
_MARKER = re.compile(rf"[\[【]\s*\^?{_ITEM}(?:\s*[,;]\s*{_ITEM})*\s*[\]】]", re.IGNORECASE)
_PARTS = re.compile(rf"(\d{{1,3}})(?:\s*[:,]?\s*({_QUOTE}))?")
# What may still become one: a bracket, perhaps a word, numbers and quotations, and one quotation without its end.
_BEGUN = re.compile(
    rf"[\[【]\s*\^?[a-z]{{0,8}}\s*(?:\d{{1,3}}(?:\s|[,;:]|\d{{1,3}}|passages?|sources?|{_QUOTE})*(?:[\"“„«‘'].*)?)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_NUMBERED = re.compile(r"[\[【]\s*\^?(?:passages?|sources?)?\s*\d", re.IGNORECASE)
_OPENING = re.compile(r"[\[【]")


class Marker(NamedTuple):
    """One citation as it was written: the passage's number from 1 on, and the words that were put in quotation marks,
    None where there were none."""

    number: int
    quote: str | None


class MarkerScanner:
    """Takes an answer apart into its text and its citations, whatever the pieces are that it arrives in.

    The form is `[2: "words of the passage"]`; `[2]`, `[1, 3]`, `[1: "..."; 3: "..."]` and `【2】` are understood too.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> Iterator[str | tuple[Marker, ...]]:
        """Text that is surely no citation, and citations as they are complete."""
        self._held += piece
        while self._held:
            opening = _OPENING.search(self._held)
            if opening is None:
                yield self._take(len(self._held))
                return
            if opening.start():
                yield self._take(opening.start())
            found = _MARKER.match(self._held)
            if found:
                yield _markers(self._take(found.end()))
            elif len(self._held) <= _LONGEST and _BEGUN.match(self._held):
                return
            else:
                yield self._take(1)

    def rest(self) -> str:
        """What is left at the end of the answer; a citation that was cut off is dropped."""
        held = self._take(len(self._held))
        return "" if _NUMBERED.match(held) else held

    def _take(self, length: int) -> str:
        taken, self._held = self._held[:length], self._held[length:]
        return taken


def _markers(text: str) -> tuple[Marker, ...]:
    found, at = [], 0
    while part := _PARTS.search(text, at):
        found.append(Marker(int(part[1]), part[2][1:-1].strip() if part[2] else None))
        at = part.end()
    return tuple(found)
