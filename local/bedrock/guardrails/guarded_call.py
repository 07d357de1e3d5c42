"""One model call under a guardrail: what comes in, what goes out in whole or in chunks, and the trace of both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from local.bedrock.generation import pieces_of
from local.bedrock.guardrails.assessment import Assessment, Assessor, Grounds
from local.bedrock.guardrails.findings import Finding, masked
from local.bedrock.guardrails.guarded_content import (
    Block,
    Blocks,
    assessed_texts,
    characters,
    grounds_of,
    with_texts,
)
from local.bedrock.guardrails.trace import trace_of

CHUNK = 160  # characters of a streamed answer that are assessed at a time
CONTEXT = 200  # characters before a chunk that are assessed with it, so that nothing hides on the seam
_FIGURES = re.compile(r"(?:[A-Z+(]*\d[\w)]*[ .:/-]*)+$")  # the end of a text, where it could be half a number
_SENTENCE_END = re.compile(r"[.!?。！？]\s+|\n+")


class GuardedCall:
    """`trace`: disabled, enabled or enabled_full. Use `incoming` first, then `whole` or `stream`."""

    def __init__(self, assessor: Assessor, *, trace: str = "disabled", synchronous: bool = True) -> None:
        self.policy = assessor.policy
        self._assessor = assessor
        self._trace = trace.lower()
        self._synchronous = synchronous
        self._grounds = Grounds()
        self._incoming = Assessment((), (), 0, 0, 1)
        self._outgoing: list[Assessment] = []
        self.said = ""  # what the model said, before anything was changed

    @property
    def blocked_input(self) -> bool:
        """Whether the model must not be asked."""
        return self._incoming.verdict == "BLOCKED"

    @property
    def intervened(self) -> bool:
        """Whether the answer is not the model's own: a blocked input, or an output that was blocked or masked."""
        return self.blocked_input or any(each.verdict != "NONE" for each in self._outgoing)

    def incoming(self, messages: Sequence[Block], system: Sequence[Block]) -> tuple[Blocks, Blocks]:
        """The conversation as the model may see it."""
        self._grounds = grounds_of(messages) if messages else Grounds()
        texts = self.incoming_texts(assessed_texts(messages, system), total=characters(messages, system))
        replaced = iter(texts)
        return with_texts(messages, system, lambda _: next(replaced))

    def incoming_texts(self, texts: Sequence[str], *, total: int) -> tuple[str, ...]:
        """The texts as the model may see them."""
        self._incoming = self._assessor.assess("INPUT", texts, total=total, everything=self._everything)
        return self._incoming.texts

    def whole(self, text: str) -> str:
        """The answer as the caller may see it."""
        self.said = text
        return self.policy.blocked_output if self._blocks(self._assess(text)) else self._outgoing[-1].texts[0]

    def stream(self, pieces: Iterator[str]) -> Iterator[str]:
        """The answer as the caller may see it: `sync` holds chunks back until they are assessed, `async` assesses
        what was sent already and cannot mask."""
        yield from self._held_back(pieces) if self._synchronous else self._afterwards(pieces)

    def trace(self) -> dict[str, Any] | None:
        """The `guardrail` member of a trace, if one was asked for."""
        if self._trace == "disabled":
            return None
        changed = [self.said] if self.said and self.intervened else []
        return trace_of(self.policy, self._incoming, self._outgoing, changed)

    @property
    def _everything(self) -> bool:
        return self._trace == "enabled_full"

    def _held_back(self, pieces: Iterator[str]) -> Iterator[str]:
        sent = held = ""
        for piece in pieces:
            self.said += piece
            held += piece
            if len(held) < CHUNK:
                continue
            cut = self._cut(held)
            clean = self._next_chunk(sent[-CONTEXT:], held[:cut])
            if clean is None:
                yield self.policy.blocked_output
                return
            yield from pieces_of(clean)
            sent, held = sent + held[:cut], held[cut:]
        if held or not self._outgoing:
            clean = self._next_chunk(sent[-CONTEXT:], held)
            yield from [self.policy.blocked_output] if clean is None else pieces_of(clean)

    def _afterwards(self, pieces: Iterator[str]) -> Iterator[str]:
        assessed = 0
        for piece in pieces:
            self.said += piece
            yield piece
            if len(self.said) - assessed >= CHUNK:
                if self._blocks_since(assessed):
                    yield self.policy.blocked_output
                    return
                assessed = len(self.said)
        if assessed < len(self.said) and self._blocks_since(assessed):
            yield self.policy.blocked_output

    def _blocks_since(self, start: int) -> bool:
        return self._blocks(self._assess(self.said[start:], self.said[max(0, start - CONTEXT) : start]))

    def _next_chunk(self, context: str, chunk: str) -> str | None:
        """The chunk with its masks, or None where it is blocked, also together with what was sent before it."""
        if self._blocks(self._assess(chunk, context)):
            return None
        return masked(chunk, list(self._outgoing[-1].findings))

    def _cut(self, held: str) -> int:
        """Where the chunk may end: after a sentence, else after a word; never within something that is found, nor
        after figures that the next piece may continue."""
        ends = [match.end() for match in _SENTENCE_END.finditer(held)]
        cut = ends[-1] if ends else held.rfind(" ") + 1
        spans = [each.span for each in self._assessor.assess("OUTPUT", [held]).findings if each.span]
        figures = [] if ends else [_FIGURES.search(held[:cut])]
        stops = [start for start, end in spans if start < cut < end] + [found.start() for found in figures if found]
        return min([cut, *stops]) or cut or len(held)

    def _assess(self, text: str, context: str = "") -> Assessment:
        """`context`: said before and assessed before; what lies in it alone is not told again."""
        found = self._assessor.assess("OUTPUT", [context + text], grounds=self._grounds, everything=self._everything)
        fresh = (_shifted(each, len(context)) for each in found.findings)
        findings = tuple(each for each in fresh if each is not None)
        if not self._synchronous:
            findings = tuple(_only_told(each) for each in findings)
        found = replace(found, findings=findings, guarded=len(text), total=len(text))
        self._outgoing.append(found)
        return found

    @staticmethod
    def _blocks(assessment: Assessment) -> bool:
        return assessment.verdict == "BLOCKED"


def _shifted(finding: Finding, by: int) -> Finding | None:
    """With its place counted from the end of the context; None for what lies in the context alone."""
    if finding.span is None or not by:
        return finding
    start, end = finding.span
    return replace(finding, span=(max(0, start - by), end - by)) if end > by else None


def _only_told(finding: Finding) -> Finding:
    """What was sent already cannot be masked any more."""
    return replace(finding, rule_action="NONE") if finding.action == "ANONYMIZED" else finding


def guarded_call(assessor: Assessor | None, config: Mapping[str, Any], *, streamed: bool) -> GuardedCall | None:
    """By Converse's `guardrailConfig`; `sync` is the default of a stream."""
    if assessor is None:
        return None
    synchronous = not streamed or config.get("streamProcessingMode", "sync") == "sync"
    return GuardedCall(assessor, trace=config.get("trace", "disabled"), synchronous=synchronous)
