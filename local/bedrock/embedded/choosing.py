"""Picks one of given labels: by polarity words where the labels are sentiments, else by nearness in meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence

from local.bedrock.embedded.language import NAMES
from local.bedrock.embedded.sentence_vectors import embed
from local.bedrock.embedded.word_lists import COMPLAINT, PRAISE
from local.bedrock.embedded.words import stem

_POSITIVE = frozenset(stem(word) for word in PRAISE)
_NEGATIVE = frozenset(stem(word) for word in COMPLAINT)
_NEGATION = frozenset(
    {"not", "no", "never", "n't", "isn't", "wasn't", "don't", "didn't", "doesn't", "without", "hardly"}
)
_LABELS = {"positive": 1, "negative": -1, "neutral": 0, "mixed": 0, "pos": 1, "neg": -1}


def choose(options: Sequence[str], text: str, question: str) -> str:
    """The option that fits the text best; `question` says what is asked about it."""
    low = [option.casefold() for option in options]
    if {"positive", "negative"} <= set(low) or {"pos", "neg"} <= set(low):
        return options[_by_polarity(low, text)]
    exact = [option for option, plain in zip(options, low, strict=True) if plain == text.strip().casefold()]
    if exact:
        return exact[0]
    words = set(re.findall(r"\w+", text.casefold()))
    shared = [len(words & set(re.findall(r"\w+", plain.replace("_", " ")))) for plain in low]
    vectors = embed([text, *(f"{option.replace('_', ' ')} {question}".strip() for option in options)])
    near = vectors[1:] @ vectors[0]
    return options[max(range(len(options)), key=lambda index: (shared[index] + float(near[index]), -index))]


def choose_language(options: Sequence[str], code: str) -> str | None:
    """The option that names the language by code or English name."""
    wanted = {code, NAMES[code].casefold()}
    fitting = (each for each in options if each.casefold() in wanted or each.casefold().split("-")[0] == code)
    return next(fitting, None)


def polarity(text: str) -> int:
    """1, 0 or -1, counted over polar words; a negation turns the words after it around."""
    total = 0
    turned = 0
    for word in re.findall(r"[\w']+", text.casefold()):
        if word in _NEGATION:
            turned = 3
            continue
        value = (stem(word) in _POSITIVE) - (stem(word) in _NEGATIVE)
        total += -value if turned else value
        turned = max(0, turned - 1)
    return (total > 0) - (total < 0)


def _by_polarity(options: Sequence[str], text: str) -> int:
    wanted = polarity(text)
    fitting = [index for index, option in enumerate(options) if _LABELS.get(option) == wanted]
    return fitting[0] if fitting else 0
