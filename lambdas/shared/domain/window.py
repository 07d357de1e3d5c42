"""What a model is reminded of: the newest whole turns of a conversation that fit into a token budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lambdas.shared.domain.chat_model import ChatMessage
from lambdas.shared.domain.conversation import Message
from lambdas.shared.domain.tokens import estimate_tokens

# Roles and separators that a provider counts around the two texts of a turn.
_TOKENS_AROUND_A_TURN = 16


def window(newest_first: Iterable[Message], *, budget_tokens: int) -> tuple[ChatMessage, ...]:
    """Whole turns in order of time: roles alternate, `user` first, `assistant` last.

    Reads no further than the first turn that does not fit, so an older, shorter one never fills a gap: the model
    sees an unbroken end of the conversation. Interrupted answers count; turns with a blank side are left out,
    because providers refuse blank texts.
    """
    kept: list[tuple[Message, Message]] = []
    left = budget_tokens
    for question, answer in _turns(newest_first):
        left -= estimate_tokens(question.text) + estimate_tokens(answer.text) + _TOKENS_AROUND_A_TURN
        if left < 0:
            break
        kept.append((question, answer))
    return tuple(ChatMessage(message.role, message.text) for turn in reversed(kept) for message in turn)


def _turns(newest_first: Iterable[Message]) -> Iterator[tuple[Message, Message]]:
    """Pairs of question and answer, newest first; a message without its partner (aged out) is passed over."""
    answer: Message | None = None
    for message in newest_first:
        if message.role == "assistant":
            answer = message
        elif answer is not None:
            if message.text.strip() and answer.text.strip():
                yield message, answer
            answer = None
