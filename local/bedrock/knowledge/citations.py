"""Which parts of an answer which passages carry: a sentence is cited from the passages that hold its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from local.bedrock.knowledge.retrieval import Retrieved

_SENTENCE = re.compile(r"\S.*?(?:[.!?…](?=\s|$)|[。！？]|$)", re.DOTALL)
_WORD = re.compile(r"\w{3,}")
_MOST_REFERENCES = 3
_ENOUGH_WORDS = 0.7  # of a sentence that is not quoted as it stands


def citations_of(answer: str, found: Sequence[Retrieved]) -> list[dict[str, Any]]:
    """A citation for each run of sentences with the same passages; `end` of a span is the place of its last character,
    as in Bedrock's own answers. Sentences that no passage carries have no references."""
    runs: list[tuple[int, int, tuple[int, ...]]] = []
    texts = [" ".join(each.passage.text.split()) for each in found]
    for sentence in _SENTENCE.finditer(answer):
        carried = _carriers(sentence[0], texts)
        if runs and runs[-1][2] == carried:
            runs[-1] = (runs[-1][0], sentence.end(), carried)
        else:
            runs.append((sentence.start(), sentence.end(), carried))
    return [_citation(answer, start, end, [found[place] for place in carried]) for start, end, carried in runs]


def _carriers(sentence: str, texts: Sequence[str]) -> tuple[int, ...]:
    """Passages that hold the sentence itself; else those that hold most of its words."""
    plain = " ".join(sentence.split()).strip("\"'“”")
    quoting = [place for place, text in enumerate(texts) if plain in text]
    if quoting:
        return tuple(quoting[:_MOST_REFERENCES])
    words = set(_WORD.findall(plain.lower()))
    if not words:
        return ()
    shares = [len(words & set(_WORD.findall(text.lower()))) / len(words) for text in texts]
    best = sorted(range(len(texts)), key=lambda place: -shares[place])
    return tuple(place for place in best if shares[place] >= _ENOUGH_WORDS)[:_MOST_REFERENCES]


def _citation(answer: str, start: int, end: int, carriers: Sequence[Retrieved]) -> dict[str, Any]:
    part = {"text": answer[start:end], "span": {"start": start, "end": max(start, end - 1)}}
    return {
        "generatedResponsePart": {"textResponsePart": part},
        "retrievedReferences": [each.reference() for each in carriers],
    }
