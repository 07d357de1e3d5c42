"""Content filters and prompt attacks, by a declared approximation: patterns, and nearness to examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from local.bedrock.embedded.sentences import split_sentences
from local.bedrock.guardrails.findings import Finding
from local.bedrock.guardrails.policy import Policy, Source
from local.bedrock.guardrails.topic_check import MOST_SENTENCES, Embed

LEVELS = ("NONE", "LOW", "MEDIUM", "HIGH")
# https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-content-filters.html: a strength of HIGH stops
# what is harmful with low confidence already, LOW only what is so with high confidence.
STOPS_FROM = {"HIGH": 1, "MEDIUM": 2, "LOW": 3}
NEAR_MEDIUM, NEAR_LOW = 0.80, 0.70  # cosine with an example


def find_harm(policy: Policy, source: Source, text: str, embed: Embed, *, everything: bool) -> Iterator[Finding]:
    """Each filter's confidence; filters that see nothing are told only where `everything` is asked for."""
    filters = [each for each in policy.filters if each.strength(source) in STOPS_FROM and each.rule.action(source)]
    if not filters:
        return
    near = _nearness(text, embed)
    for each in filters:
        level = max(_by_pattern(each.kind, text), near.get(each.kind, 0))
        strength = each.strength(source)
        detected = level >= STOPS_FROM[strength]
        if detected or everything:
            entry = {"type": each.kind, "confidence": LEVELS[level], "filterStrength": strength}
            yield Finding("contentPolicy", "filters", entry, str(each.rule.action(source)), detected)


def _by_pattern(kind: str, text: str) -> int:
    found = [LEVELS.index(level) for level, pattern in _patterns().get(kind, ()) if pattern.search(text)]
    return max(found, default=0)


def _nearness(text: str, embed: Embed) -> dict[str, int]:
    sentences = split_sentences(text)[:MOST_SENTENCES]
    if not sentences:
        return {}
    examples = _examples()
    near = (embed(sentences) @ embed([sentence for _, sentence in examples]).T).max(axis=0)
    levels: dict[str, int] = {}
    for (kind, _), value in zip(examples, near.tolist(), strict=True):
        levels[kind] = max(levels.get(kind, 0), 2 if value >= NEAR_MEDIUM else 1 if value >= NEAR_LOW else 0)
    return levels


@cache
def _patterns() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for line in _lines("content_patterns.txt"):
        kind, level, pattern = line.split(" ", 2)
        found.setdefault(kind, []).append((level, re.compile(pattern, re.IGNORECASE)))
    return found


@cache
def _examples() -> list[tuple[str, str]]:
    split = (line.split(" ", 1) for line in _lines("content_examples.txt"))
    return [(kind, sentence) for kind, sentence in split]


def _lines(name: str) -> list[str]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
