"""Denied topics: nearness in meaning to a topic's definition and examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from local.bedrock.brain import Vectors
from local.bedrock.embedded.sentences import split_sentences
from local.bedrock.embedded.words import terms
from local.bedrock.guardrails.findings import Finding
from local.bedrock.guardrails.policy import Policy, Source, Topic

Embed = Callable[[Sequence[str]], Vectors]
NEAR_EXAMPLE = 0.60  # cosine of a sentence with one of the topic's examples from which on it is on topic
NEAR_DEFINITION = 0.35  # the same for the definition, which must also share a content word
MOST_SENTENCES = 400


def find_topics(policy: Policy, source: Source, text: str, embed: Embed) -> Iterator[Finding]:
    """A topic is found where one sentence is near enough."""
    wanted = [topic for topic in policy.topics if topic.rule.action(source)]
    sentences = split_sentences(text)[:MOST_SENTENCES] if wanted else []
    if not sentences:
        return
    vectors = embed(sentences)
    for topic in wanted:
        if _is_on_topic(topic, sentences, vectors, embed):
            entry = {"name": topic.name, "type": "DENY"}
            yield Finding("topicPolicy", "topics", entry, str(topic.rule.action(source)))


def _is_on_topic(topic: Topic, sentences: Sequence[str], vectors: Vectors, embed: Embed) -> bool:
    known = embed([topic.definition, *topic.examples])
    near = vectors @ known.T
    if near.shape[1] > 1 and float(np.max(near[:, 1:])) >= NEAR_EXAMPLE:
        return True
    defined = terms(f"{topic.name} {topic.definition}")
    shared = (bool(terms(sentence) & defined) for sentence in sentences)
    return any(own and value >= NEAR_DEFINITION for own, value in zip(shared, near[:, 0].tolist(), strict=True))
