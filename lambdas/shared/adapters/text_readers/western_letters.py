"""Which one-byte encoding makes words of some bytes: by the accented letters that each language really writes."""

from __future__ import annotations

import re
from collections import Counter

# In order of how often such files are met: the first of equals is taken.
_ENCODINGS = ("cp1252", "iso8859_15", "cp1250", "iso8859_2", "cp1254", "cp1257", "cp1258")
_ALPHABETS = tuple(
    frozenset(letters + letters.upper())
    for letters in (
        "àâæçéèêëîïôœùûüÿ",  # French
        "äöüßé",  # German
        "áéíñóúüªº",  # Spanish
        "àáâãçéêíóôõúü",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "åäöéüàæøô",  # Swedish, Norwegian, Danish, Finnish
        "ëïéèêüöáíóúç",  # Dutch, Albanian, Catalan
        "áðéíóúýþæö",  # Icelandic
        "õäöüšž",  # Estonian
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîșşțţ",  # Romanian
        "čćđšž",  # Croatian, Slovenian
        "çğıöşüâîİ",  # Turkish
        "ąčęėįšųūž",  # Lithuanian
        "āčēģīķļņšūž",  # Latvian
        "ăâđêôơưàáãèéìíòóõùúý",  # Vietnamese
    )
)
_SIGNS = frozenset("€£§°²³©®«»„“”‚‘’–—…•ºª·¿¡½¼µ\xa0\xad×")
_MOST_UNEXPLAINED = 0.2
_WORD = re.compile(r"[^\W\d_]+")


def is_western(text: str) -> bool:
    """Whether the letters beyond ASCII are Latin ones and stand among ASCII's."""
    beyond = [character for character in text if character > "\x7f"]
    plain = sum(1 for character in text if character.isascii() and character.isalpha())
    return len(beyond) <= plain and all(
        character < "\u0250" or "\u0300" <= character < "\u0370" or "\u1e00" <= character < "\u2e00"
        for character in beyond
    )


def best_reading(sample: bytes) -> str | None:
    """The encoding whose accented letters and signs one language explains best; None if none does."""
    scores = {encoding: _explained(sample, encoding) for encoding in _ENCODINGS}
    best = max(_ENCODINGS, key=scores.__getitem__)
    return best if scores[best] >= 1 - _MOST_UNEXPLAINED else None


def _explained(sample: bytes, encoding: str) -> float:
    """The share of the bytes beyond ASCII that become a language's letters, or signs outside of words."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    beyond = Counter(character for character in text if character > "\x7f")
    total = sum(beyond.values())
    signs = sum(count for character, count in beyond.items() if character in _SIGNS)
    odd_case = sum(1 for word in _WORD.findall(text) if not (word.islower() or word.isupper() or word[1:].islower()))
    letters = max(sum(count for c, count in beyond.items() if c in alphabet) for alphabet in _ALPHABETS)
    return (signs + letters - odd_case) / total if total else 0.0
