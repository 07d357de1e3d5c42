"""Content words of a text: what it is about, comparable across inflections; character pairs where no spaces are."""

from __future__ import annotations

import re
from functools import lru_cache

from local.bedrock.embedded.word_lists import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]+")
_ENDINGS = ("ingly", "ings", "ing", "edly", "ied", "ies", "ed", "es", "ly", "s")
SHORTEST_STEM = 3


def terms(text: str) -> set[str]:
    """Stems of the content words; pairs of neighbouring characters for Chinese, Japanese and Korean."""
    found: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        runs = _UNSPACED.findall(word)
        if runs:
            found.update(run[at : at + 2] for run in runs for at in range(max(1, len(run) - 1)))
        elif word not in STOP_WORDS and (len(word) > 1 or word.isdigit()):
            found.add(stem(word))
    return found


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A crude English stem, good enough to join called/calls/calling."""
    plain = re.sub(r"['’]s$", "", word)
    for ending in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) >= SHORTEST_STEM:
            cut = plain[: -len(ending)]
            return cut + "y" if ending in {"ies", "ied"} else re.sub(r"([^aeiouls])\1$|e$", r"\1", cut)
    return re.sub(r"(?<=..)e$", "", plain)
