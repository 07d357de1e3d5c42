"""Says back what a speaker told, from the other side: "my name is Ada" becomes "your name is Ada"."""

from __future__ import annotations

import re

_SWAPS = {
    "i am": "you are", "i'm": "you are", "i was": "you were", "i've": "you have", "i'll": "you will",
    "i'd": "you would", "am i": "are you", "i": "you", "my": "your", "mine": "yours", "me": "you",
    "myself": "yourself", "we": "you", "we're": "you are", "our": "your", "ours": "yours", "us": "you",
    "you are": "I am", "you're": "I am", "your": "my", "you": "I",
}  # fmt: skip
_PATTERN = re.compile(r"\b(" + "|".join(sorted(map(re.escape, _SWAPS), key=len, reverse=True)) + r")\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(I|I'm|my|we|our)\b", re.IGNORECASE)


def speaks_of_self(sentence: str) -> bool:
    """Whether an English first person stands in the sentence."""
    return bool(_FIRST_PERSON.search(sentence))


def turned_around(sentence: str) -> str:
    """The sentence with I and you exchanged and its first letter lowered where that is safe."""
    plain = sentence.replace("’", "'")
    first = re.match(r"\W*([\w']+)", plain)
    turned = _PATTERN.sub(lambda match: _SWAPS[match[0].lower()], plain)
    swapped_first = first and first[1].lower() in {key.split()[0] for key in _SWAPS}
    return turned[:1].lower() + turned[1:] if swapped_first and not turned.startswith("I ") else turned
