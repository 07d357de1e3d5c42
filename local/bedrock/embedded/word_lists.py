"""The word lists of `word_lists.txt`: small words by language, words of praise and complaint."""

from __future__ import annotations

from pathlib import Path


def _read() -> dict[str, frozenset[str]]:
    lines = Path(__file__).with_name("word_lists.txt").read_text(encoding="utf-8").splitlines()
    named = (line.split(":", 1) for line in lines if line and not line.startswith("#"))
    return {name: frozenset(words.split()) for name, words in named}


_LISTS = _read()
PRAISE = _LISTS.pop("+praise")
COMPLAINT = _LISTS.pop("+complaint")
VAGUE = _LISTS.pop("+vague")  # numbers and measures of time: no topics
BY_LANGUAGE = _LISTS  # ISO 639-1 code -> stop words
STOP_WORDS = frozenset().union(*BY_LANGUAGE.values())
