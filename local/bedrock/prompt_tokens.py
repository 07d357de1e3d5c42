"""Counts what a prompt costs."""

from __future__ import annotations

from local.bedrock.brain import Brain, Prompt


def prompt_tokens(prompt: Prompt, brain: Brain) -> int:
    """Input tokens of system text and turns, with a few for each message's frame."""
    texts = [prompt.system, *(turn.text for turn in prompt.turns)]
    return sum(brain.count_tokens(text) for text in texts if text) + 3 * len(prompt.turns)
