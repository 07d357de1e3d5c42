"""Finds what a text is about: its frequent content phrases."""

from __future__ import annotations

import re
from collections import Counter

from local.bedrock.embedded.word_lists import STOP_WORDS, VAGUE
from local.bedrock.embedded.words import stem

SAMPLE = 60_000  # characters; the topics of a longer text stand in its first part, too
LONGEST_PHRASE = 3  # words
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d[\d.,]*|[^\w\s]+", re.UNICODE)
_HAN = re.compile(r"[\u4e00-\u9fff\u3040-\u30ff]{2,}")
_SMALL = STOP_WORDS | VAGUE
_PARTICLE = re.compile(
    r"(?<=[\uac00-\ud7a3]{2})(은|는|이|가|을|를|의|에|에서|으로|로|와|과|도|에게|이다|입니다|합니다|했다|한다)$"
)


def key_phrases(text: str, count: int) -> list[str]:
    """At most `count` phrases in the text's own spelling, the most telling first."""
    sample = text[:SAMPLE]
    runs = [run for run in _runs(sample) if run]
    weights = Counter(stem(word.casefold()) for run in runs for word in run)
    scores: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for run in runs:
        for size in range(1, LONGEST_PHRASE + 1):
            for start in range(len(run) - size + 1):
                words = run[start : start + size]
                key = " ".join(stem(word.casefold()) for word in words)
                if key not in spelling or (size == 1 and words[0].islower() and not spelling[key].islower()):
                    spelling[key] = " ".join(words)
                scores[key] += 1
    ranked = sorted(scores, key=lambda key: (-_telling(key, scores[key], weights, spelling[key]), key))
    return _distinct([spelling[key] for key in ranked] + _han_phrases(sample), count)


def _runs(text: str) -> list[list[str]]:
    """Content words that stand side by side; the first word of a sentence is lowered unless it is a name elsewhere."""
    matches = _WORD.findall(text)
    starts = [before in {"", ".", "!", "?", ":"} for before in ["", *matches]]
    plain = set(matches)  # a word that also stands in small letters is capitalized by a heading, not by being a name
    names = {
        word
        for word, start in zip(matches, starts, strict=False)
        if not start and word[0].isupper() and word.lower() not in plain
    }
    runs: list[list[str]] = [[]]
    for match, start in zip(matches, starts, strict=False):
        word = _PARTICLE.sub("", match)
        if word.casefold() in _SMALL or not word[0].isalpha() or len(word) < 2 or _HAN.search(word):
            runs.append([])
        else:
            keeps = word in names or bool(runs[-1] and runs[-1][-1][0].isupper())  # "Upper Varn", "Harbour Library"
            runs[-1].append(word if keeps or not (start or word.lower() in plain) else word.lower())
    return runs


def _telling(key: str, seen: int, weights: Counter[str], spelled: str) -> float:
    """Repeated phrases of several words and names before single frequent words."""
    words = key.split(" ")
    mean = sum(weights[word] for word in words) / len(words)
    repeated = 1.6 if len(words) > 1 and seen > 1 else {1: 1.0, 2: 1.05, 3: 0.9}[len(words)]
    name = 1.3 if spelled[:1].isupper() else 1.0
    name_and_verb = spelled[:1].isupper() and spelled.rpartition(" ")[2].islower()  # "Varn held"
    done = 0.6 if len(words) > 1 and (spelled.endswith("ed") or name_and_verb) else 1.0  # seldom a topic
    return mean * repeated * name * done * (1.0 if len(spelled) > 3 else 0.5)


def _han_phrases(text: str) -> list[str]:
    """Repeated runs of two to four characters, where words are not set apart."""
    grams = Counter(
        run[at : at + size] for run in _HAN.findall(text) for size in (4, 3, 2) for at in range(len(run) - size + 1)
    )
    return [
        gram for gram, seen in sorted(grams.items(), key=lambda item: (-item[1] * len(item[0]), item[0])) if seen > 1
    ]


def _distinct(phrases: list[str], count: int) -> list[str]:
    """No phrase that is a part of a better one, and none that contains it."""
    kept: list[str] = []
    for phrase in phrases:
        if len(kept) == count:
            break
        low = phrase.casefold()
        if not any(low in other.casefold() or other.casefold() in low for other in kept):
            kept.append(phrase)
    return kept
