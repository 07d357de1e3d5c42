"""Assesses texts by a guardrail's policies."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from local.bedrock.guardrails.content_check import find_harm
from local.bedrock.guardrails.findings import Finding, masked
from local.bedrock.guardrails.grounding_check import find_ungrounded
from local.bedrock.guardrails.policy import Policy, Source
from local.bedrock.guardrails.sensitive_check import find_sensitive
from local.bedrock.guardrails.topic_check import Embed, find_topics
from local.bedrock.guardrails.word_check import find_words

Verdict = Literal["BLOCKED", "ANONYMIZED", "NONE"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found in some texts. `texts`: the same with what is anonymized replaced; `total`: characters there
    were, `guarded`: characters that were assessed."""

    findings: tuple[Finding, ...]
    texts: tuple[str, ...]
    guarded: int
    total: int
    milliseconds: int

    @property
    def verdict(self) -> Verdict:
        """The strongest action of all findings."""
        actions = {finding.action for finding in self.findings}
        return "BLOCKED" if "BLOCKED" in actions else "ANONYMIZED" if "ANONYMIZED" in actions else "NONE"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an answer has to hold to."""

    sources: tuple[str, ...] = ()
    query: str = ""


class Assessor:
    """Assesses by one policy."""

    def __init__(self, policy: Policy, embed: Embed) -> None:
        self.policy = policy
        self._embed = embed

    def assess(
        self,
        source: Source,
        texts: Sequence[str],
        *,
        total: int | None = None,
        grounds: Grounds = Grounds(),
        everything: bool = False,
    ) -> Assessment:
        """`everything`: also what was looked for and not found (trace `enabled_full`, outputScope `FULL`)."""
        began = time.monotonic()
        findings = [list(self._find(source, text, everything)) for text in texts]
        clean = tuple(masked(text, found) for text, found in zip(texts, findings, strict=True))
        flat = [finding for found in findings for finding in found]
        if source == "OUTPUT" and self.policy.grounding:
            answer = "\n".join(texts)
            flat += find_ungrounded(
                self.policy, answer, grounds.sources, grounds.query, self._embed, everything=everything
            )
        guarded = sum(map(len, texts))
        milliseconds = max(1, round(1000 * (time.monotonic() - began)))
        return Assessment(tuple(flat), clean, guarded, guarded if total is None else total, milliseconds)

    def _find(self, source: Source, text: str, everything: bool) -> Iterator[Finding]:
        if not text.strip():
            return
        yield from find_topics(self.policy, source, text, self._embed)
        yield from find_harm(self.policy, source, text, self._embed, everything=everything)
        yield from find_words(self.policy, source, text)
        yield from find_sensitive(self.policy, source, text)
