"""Ranks sentences by how central they are to their text (TextRank on sentence embeddings)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from local.bedrock.brain import Vectors
from local.bedrock.embedded.sentence_vectors import embed

Scores = NDArray[np.float32]
MOST_SENTENCES = 500  # the matrix is n by n; longer texts are thinned out evenly
LONGEST_EMBEDDED = 400  # characters of a sentence that are embedded
DAMPING = 0.85
ROUNDS = 25
LONGEST_HEADING = 80  # characters
NEAR_DUPLICATE = 0.8  # cosine
LEAD = 1.4  # weight of the first sentence of the prose: reports, articles and letters say there what they are about
LEANING = 0.6  # weight of a sentence that nobody understands without the one before it
_LEANS = re.compile(
    r"(?:(?:first|second|third|fourth|fifth|lastly|finally|next|then|also|however|therefore|thus|hence|moreover"
    r"|furthermore|but|and|or|so|yet|still|instead|otherwise|for example|in addition|erstens|zweitens|drittens|jedoch"
    r"|aber|deshalb)\b,?\s|(?:it|its|they|their|them|he|she|his|her|this|these|that|those|such|both|such|er|sie|es|dies"
    r"|diese[rs]?)\s|(?:between|among|of|for|with|after|before) (?:them|it|this|these|that)\b)",
    re.IGNORECASE,
)
_SUMMARY_HEADING = re.compile(
    r"\b(summary|abstract|overview|in brief|key (?:findings|points)|conclusions?|zusammenfassung|résumé|resumen)\b"
    r"|요약|摘要",
    re.IGNORECASE,
)


class RankedText:
    """The sentences of a text (thinned out to `MOST_SENTENCES`), their vectors and their centrality."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = _thinned(sentences)
        self.vectors = embed([sentence[:LONGEST_EMBEDDED] for sentence in self.sentences])
        self.scores = _centrality(self.vectors) * _weights(self.sentences)

    def central(self, count: int) -> list[str]:
        """The `count` most central sentences without near-duplicates, the most central first."""
        return [self.sentences[index] for index in self._pick(self.scores, count)]

    def central_in_order(self, count: int) -> list[str]:
        """The same in the order of the text."""
        return [self.sentences[index] for index in sorted(self._pick(self.scores, count))]

    def nearest(self, query: str, count: int) -> list[str]:
        """The sentences nearest in meaning to the query, the nearest first."""
        if not self.sentences:
            return []
        return [self.sentences[index] for index in self._pick(self.vectors @ embed([query])[0], count)]

    def _pick(self, scores: Scores, count: int) -> list[int]:
        chosen: list[int] = []
        for index in np.argsort(-scores, kind="stable"):
            if len(chosen) == count:
                break
            if not chosen or float(np.max(self.vectors[chosen] @ self.vectors[index])) < NEAR_DUPLICATE:
                chosen.append(int(index))
        return chosen


def _thinned(sentences: Sequence[str]) -> list[str]:
    """The opening whole, of the rest evenly spread sentences."""
    if len(sentences) <= MOST_SENTENCES:
        return list(sentences)
    opening = MOST_SENTENCES // 5
    places = np.linspace(opening, len(sentences) - 1, MOST_SENTENCES - opening).astype(int)
    return [*sentences[:opening], *(sentences[place] for place in dict.fromkeys(places.tolist()))]


def _centrality(vectors: Vectors) -> Scores:
    count = len(vectors)
    if count < 2:
        return np.ones(count, dtype=np.float32)
    near = np.clip(vectors @ vectors.T, 0, None)
    np.fill_diagonal(near, 0)
    steps = near / np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
    scores = np.full(count, 1 / count, dtype=np.float32)
    for _ in range(ROUNDS):
        scores = (1 - DAMPING) / count + DAMPING * (scores @ steps)
    return np.asarray(scores * count, dtype=np.float32)


def _weights(sentences: Sequence[str]) -> Scores:
    """Headings, tables, fragments and endless sentences count less; so do those that lean on the one before them. The
    first sentences of the prose, whatever headings stand before it, and those of a summary in the text count more."""
    weights = np.ones(len(sentences), dtype=np.float32)
    prose = 0
    summing_up = False
    for place, sentence in enumerate(sentences):
        weights[place] = _shape_weight(sentence)
        if weights[place] < 0.5:
            summing_up = _is_summary_heading(sentence) or (summing_up and ends_as_sentence(sentence))
            continue
        weights[place] *= 1.0 if prose else LEAD
        weights[place] *= 1.1 if 0 < prose < 8 else 1.0
        weights[place] *= 1.1 if summing_up else 1.0
        weights[place] *= LEANING if _LEANS.match(sentence) else 1.0
        prose += 1
    return weights


def _is_summary_heading(sentence: str) -> bool:
    return len(sentence) < LONGEST_HEADING and bool(_SUMMARY_HEADING.search(sentence))


def _shape_weight(sentence: str) -> float:
    length = len(sentence)
    letters = sum(character.isalpha() for character in sentence)
    if letters < 0.6 * length:
        return 0.3  # numbers, rules, rows of a table
    unspaced = " " not in sentence.strip()
    if length < (8 if unspaced else 25):
        return 0.4
    if length > 500:
        return 0.6
    return 1.0 if ends_as_sentence(sentence) else 0.3 if length < LONGEST_HEADING else 0.6


def ends_as_sentence(text: str) -> bool:
    """Headings, labels and items of lists mostly do not."""
    return text.rstrip("\"'”’»)]」』")[-1:] in tuple(".!?…。！？")
