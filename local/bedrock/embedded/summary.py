"""Extractive summaries: the central sentences of a text in their own order."""

from __future__ import annotations

from local.bedrock.embedded.length_wish import LengthWish
from local.bedrock.embedded.ranking import RankedText


def summarize(text: RankedText, wish: LengthWish) -> str:
    """The summary as sentences, or as a list where bullets are wished; empty for a text without sentences."""
    chosen = text.central_in_order(wish.count(len(text.sentences)))
    if wish.words is not None:
        chosen = _within_words(chosen, wish.words)
    if wish.bullets:
        return "\n".join(f"- {sentence}" for sentence in chosen)
    return " ".join(chosen)


def _within_words(sentences: list[str], words: int) -> list[str]:
    kept: list[str] = []
    for sentence in sentences:
        words -= len(sentence.split())
        if words < 0 and kept:
            break
        kept.append(sentence)
    return kept
