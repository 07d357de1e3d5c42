"""Finds the sentences of a conversation that answer a question, by shared words and by meaning."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from local.bedrock.embedded.prompt_reading import Reading
from local.bedrock.embedded.ranking import LONGEST_EMBEDDED, ends_as_sentence
from local.bedrock.embedded.sentence_vectors import embed
from local.bedrock.embedded.sentences import split_sentences
from local.bedrock.embedded.words import terms

MATERIAL, USER, ASSISTANT, SYSTEM = "material", "user", "assistant", "system"
_TRUST = {MATERIAL: 1.0, USER: 1.0, SYSTEM: 0.9, ASSISTANT: 0.75}
MOST_EMBEDDED = 300  # of many sentences only those with shared words, and evenly spread others, are embedded
ANSWERS = 0.34  # score from which a sentence counts as an answer
ANSWERS_PERSONAL = 0.22  # the same for a question about the speaker or with "it", which must mean the conversation
_PERSONAL = re.compile(
    r"\b(i|my|me|mine|we|our|us|it|its|they|their|he|she|his|her)\b|내|나의|제|우리|我", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that may answer; `place` orders sentences as they were said."""

    text: str
    origin: str
    place: int
    score: float = 0.0


def gather(reading: Reading) -> list[Evidence]:
    """All sentences that may be quoted, in order: system text, material, then the turns before the last."""
    spoken = [(SYSTEM, reading.system), *((MATERIAL, text) for text in reading.material)]
    spoken += [(said.role, said.text) for said in reading.said]
    found: list[Evidence] = []
    for origin, text in spoken:
        for sentence in split_sentences(text):
            if not (origin in {USER, ASSISTANT} and sentence.endswith(("?", "？"))):  # a question answers nothing
                found.append(Evidence(sentence, origin, len(found)))
    return found


def find_evidence(question: str, candidates: Sequence[Evidence], count: int) -> list[Evidence]:
    """At most `count` sentences that answer, best first; empty where nothing does."""
    wanted = terms(question)
    if not candidates:
        return []
    words = [terms(candidate.text) for candidate in candidates]
    rarity = _rarity(words)
    total = sum(rarity(term) for term in wanted) or 1.0
    shared = [sum(rarity(term) for term in wanted & own) / total for own in words]
    chosen = _worth_embedding(shared)
    vectors = embed([question, *(candidates[index].text[:LONGEST_EMBEDDED] for index in chosen)])
    near = vectors[1:] @ vectors[0]
    threshold = ANSWERS_PERSONAL if _PERSONAL.search(question) else ANSWERS
    scored = [
        replace(each, score=_trust(each) * _score(shared[index], float(near[row])))
        for row, index in enumerate(chosen)
        for each in [candidates[index]]
    ]
    answering = sorted((each for each in scored if each.score >= threshold), key=lambda each: (-each.score, each.place))
    return _without_echoes(answering)[:count]


def _trust(candidate: Evidence) -> float:
    """Headings share a question's words without answering it."""
    heading = candidate.origin == MATERIAL and not ends_as_sentence(candidate.text) and len(candidate.text) < 80
    return _TRUST[candidate.origin] * (0.6 if heading else 1.0)


def _score(shared: float, near: float) -> float:
    return 0.6 * shared + 0.6 * max(0.0, near)


def _rarity(words: Sequence[set[str]]) -> Rarity:
    return Rarity(Counter(term for own in words for term in own), len(words))


@dataclass(frozen=True, slots=True)
class Rarity:
    """How much a term says: the rarer in these sentences, the more."""

    seen: Counter[str]
    sentences: int

    def __call__(self, term: str) -> float:
        return math.log(1 + (1 + self.sentences) / (1 + self.seen[term]))


def _worth_embedding(shared: Sequence[float]) -> list[int]:
    if len(shared) <= MOST_EMBEDDED:
        return list(range(len(shared)))
    by_words = sorted((index for index, value in enumerate(shared) if value > 0), key=lambda index: -shared[index])
    spread = np.linspace(0, len(shared) - 1, MOST_EMBEDDED // 3).astype(int).tolist()
    return sorted({*by_words[: 2 * MOST_EMBEDDED // 3], *spread})


def _without_echoes(found: Sequence[Evidence]) -> list[Evidence]:
    """One of sentences that say the same, e.g. a fact and the assistant's acknowledgement of it."""
    kept: list[Evidence] = []
    for each in found:
        own = terms(each.text)
        echoes = (terms(other.text) for other in kept)
        if not any(len(own & other) >= 0.6 * max(1, min(len(own), len(other))) for other in echoes):
            kept.append(each)
    return kept
