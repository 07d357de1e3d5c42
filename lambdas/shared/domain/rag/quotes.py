"""Whether words that are put in quotation marks stand in a passage: tolerant of typography, never of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

# Less than this is found everywhere.
_FEWEST_SIGNS = 3
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))
_GAP = re.compile(r"\s*(?:\[\s*)?(?:\.{3,}|…)(?:\s*\])?\s*")
_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)
# Marks without a width, and the soft hyphen.
_UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_BROKEN = re.compile(r"-[ \t]*\r?\n\s*(?=[^\W\dA-Z_])")
_AROUND = " \t\r\n\"'.,;:!?-*_"


class _Folded(NamedTuple):
    """A text as it is compared, and where each of its characters begins and ends in the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def find_quote(quote: str, passage: str) -> tuple[int, int] | None:
    """Where the passage says these words: start and end in its characters; None where it does not.

    Letter case, white space, kinds of quotation marks and dashes, ligatures and soft hyphens may differ, and `...` may
    stand for words that were left out, in order. No word may be missing otherwise, added or changed.
    """
    parts = [part for part in _GAP.split(quote.strip(_AROUND)) if part.strip(_AROUND)]
    if sum(map(str.isalnum, quote)) < _FEWEST_SIGNS or not parts:
        return None
    if len(parts) == 1 and (start := _whole_words(passage, parts[0], 0)) >= 0:
        return start, start + len(parts[0])
    folded, at, begin = _fold(passage), 0, -1
    for part in parts:
        wanted = _fold(part).text.strip(_AROUND)
        start = _whole_words(folded.text, wanted, at)
        if not wanted or start < 0:
            return None
        begin = start if begin < 0 else begin
        at = start + len(wanted)
    return folded.starts[begin], folded.ends[at - 1]


def _whole_words(text: str, wanted: str, at: int) -> int:
    """The first place from `at` on where `wanted` stands and neither begins nor ends within a word; -1 = nowhere."""
    start = text.find(wanted, at) if wanted else -1
    while start >= 0:
        if not _joined(text, start) and not _joined(text, start + len(wanted)):
            return start
        start = text.find(wanted, start + 1)
    return -1


def _joined(text: str, at: int) -> bool:
    """Whether a word goes on over this place; in scripts without spaces every sign is a word of its own."""
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    return left.isalnum() and right.isalnum() and ord(left) < 0x2E80 and ord(right) < 0x2E80


@lru_cache(maxsize=64)
def _fold(text: str) -> _Folded:
    signs: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        sign, length = _sign(text, at)
        for each in _plain(sign):
            if each.isspace() and (not signs or signs[-1] == " "):
                continue
            signs.append(" " if each.isspace() else each)
            starts.append(at)
            ends.append(at + length)
        at += length
    return _Folded("".join(signs), starts, ends)


def _sign(text: str, at: int) -> tuple[str, int]:
    """What stands at this place, and how many characters it takes: entities are read, and a word that is broken at the
    end of a line is whole."""
    if text[at] == "-" and (broken := _BROKEN.match(text, at)):
        return "", broken.end() - at
    if text[at] == "&":
        for entity, sign in _ENTITIES:
            if text.startswith(entity, at):
                return sign, len(entity)
    return text[at], 1


def _plain(sign: str) -> str:
    if sign in _UNSEEN:
        return ""
    return sign.lower() if sign.isascii() else unicodedata.normalize("NFKC", sign).translate(_SAME).casefold()
