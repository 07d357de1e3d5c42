"""A brain under a guardrail: any body format can speak with it and needs to know nothing of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from local.bedrock.brain import Brain, Finish, Piece, Prompt, Vectors
from local.bedrock.guardrails.guarded_call import GuardedCall


class GuardedBrain:
    """Assesses the prompt, asks the brain unless that is blocked, and assesses its text."""

    def __init__(self, brain: Brain, call: GuardedCall, *, tag_suffix: str = "") -> None:
        """`tag_suffix`: of the tags around what alone is assessed, `<amazon-bedrock-guardrails-guardContent_...>`."""
        self._brain = brain
        self._call = call
        name = rf"amazon-bedrock-guardrails-guardContent_{re.escape(tag_suffix)}"
        self._tag = re.compile(rf"<{name}>(.*?)</{name}>", re.DOTALL) if tag_suffix else None

    @property
    def name(self) -> str:
        """The brain's own."""
        return self._brain.name

    @property
    def version(self) -> str:
        """The brain's own."""
        return self._brain.version

    @property
    def description(self) -> str:
        """The brain's own."""
        return self._brain.description

    def answer(self, prompt: Prompt, *, streamed: bool) -> Iterator[Piece]:
        """The blocked message, or what the guardrail lets through."""
        texts: list[str] = []

        def keep(text: str) -> str:
            texts.append(text)
            return text

        self._mapped(prompt, keep)
        total = sum(len(turn.text) for turn in prompt.turns) + len(prompt.system)
        clean = iter(self._call.incoming_texts(texts, total=total))
        seen = self._mapped(prompt, lambda _: next(clean))
        if self._call.blocked_input:
            yield self._call.policy.blocked_input
            return
        ending: list[Finish] = []
        said = _text_of(self._brain.answer(seen, streamed=streamed), ending)
        if streamed:
            yield from self._call.stream(said)
        else:
            yield self._call.whole("".join(said))
        yield from ending

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors are not assessed."""
        return self._brain.embed(texts)

    def count_tokens(self, text: str) -> int:
        """The brain's own."""
        return self._brain.count_tokens(text)

    def _mapped(self, prompt: Prompt, change: Callable[[str], str]) -> Prompt:
        """The prompt with `change` applied to what is assessed: what stands in the tags, or everything."""
        tag = self._tag
        texts = [prompt.system, *(part.text for turn in prompt.turns for part in turn.parts)]
        tagged = tag is not None and any(tag.search(text) for text in texts)

        def changed(text: str) -> str:
            if tagged and tag is not None:
                return tag.sub(lambda match: change(match[1]), text)
            return change(text) if text else text

        turns = tuple(
            replace(turn, parts=tuple(replace(part, text=changed(part.text)) for part in turn.parts))
            for turn in prompt.turns
        )
        return replace(prompt, turns=turns, system=changed(prompt.system))


def _text_of(pieces: Iterator[Piece], ending: list[Finish]) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, Finish):
            ending.append(piece)
        elif isinstance(piece, str):
            yield piece
