"""Contextual grounding of an answer, by a declared approximation: shared words and nearness in meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from local.bedrock.embedded.sentences import split_sentences
from local.bedrock.embedded.words import terms
from local.bedrock.guardrails.findings import Finding
from local.bedrock.guardrails.policy import Policy
from local.bedrock.guardrails.topic_check import Embed


def find_ungrounded(
    policy: Policy, answer: str, sources: Sequence[str], query: str, embed: Embed, *, everything: bool
) -> Iterator[Finding]:
    """GROUNDING: how much of each sentence stands in the sources; RELEVANCE: how near the answer is to the query.
    Scores from 0 to 1; below the threshold the filter speaks. Without sources (or query) its filter is silent."""
    for kind, threshold, rule in policy.grounding:
        action = rule.action("OUTPUT")
        known = bool(sources) if kind == "GROUNDING" else bool(query)
        if not action or not known or not answer.strip():
            continue
        score = _grounding(answer, sources, embed) if kind == "GROUNDING" else _near([query], answer, embed)
        detected = score < threshold
        if detected or everything:
            entry = {"type": kind, "threshold": threshold, "score": round(score, 2)}
            yield Finding("contextualGroundingPolicy", "filters", entry, action, detected)


def _grounding(answer: str, sources: Sequence[str], embed: Embed) -> float:
    """The mean over the answer's sentences."""
    known = [sentence for source in sources for sentence in split_sentences(source)] or list(sources)
    words = terms(" ".join(known))
    scores = []
    for sentence in split_sentences(answer) or [answer]:
        own = terms(sentence)
        shared = len(own & words) / len(own) if own else 1.0
        scores.append(0.5 * shared + 0.5 * _near(known, sentence, embed))
    return sum(scores) / len(scores)


def _near(known: Sequence[str], text: str, embed: Embed) -> float:
    vectors = embed([*known, text])
    return min(1.0, max(0.0, float((vectors[:-1] @ vectors[-1]).max())))
