"""The word policy: custom words and the managed list of profanity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from local.bedrock.guardrails.findings import Finding
from local.bedrock.guardrails.policy import Policy, Source

PROFANITY = "PROFANITY"


def find_words(policy: Policy, source: Source, text: str) -> Iterator[Finding]:
    """Exact matches of whole words and phrases, whatever the case."""
    for word, rule in policy.words:
        action = rule.action(source)
        if action and _word_pattern(word).search(text):
            yield Finding("wordPolicy", "customWords", {"match": word}, action)
    action = policy.profanity.action(source) if policy.profanity else None
    if action:
        for match in dict.fromkeys(found[0].lower() for found in _profanity().finditer(text)):
            yield Finding("wordPolicy", "managedWordLists", {"match": match, "type": PROFANITY}, action)


@cache
def _word_pattern(word: str) -> re.Pattern[str]:
    inner = r"\s+".join(re.escape(part) for part in word.split())
    return re.compile(rf"(?<!\w){inner}(?!\w)", re.IGNORECASE)


@cache
def _profanity() -> re.Pattern[str]:
    lines = Path(__file__).with_name("profanity.txt").read_text(encoding="utf-8").splitlines()
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    inner = "|".join(re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for word in words)
    return re.compile(rf"(?<!\w)(?:{inner})(?!\w)", re.IGNORECASE)
