"""What a model is reminded of: the newest whole turns of a conversation that fit into a token budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lambdas.shared.domain.chat_model import ChatMessage
from lambdas.shared.domain.conversation import Message
from lambdas.shared.domain.tokens import estimate_tokens

# Roles and separators that a provider counts around the two texts of a turn.
_TOKENS_AROUND_A_TURN = 16


class Window(NamedTuple):
    """`messages`: whole turns in order of time. `oldest`: the number of the first of them, None where there is none;
    `tokens`: what they cost by our estimate."""

    messages: tuple[ChatMessage, ...] = ()
    oldest: int | None = None
    tokens: int = 0


def turn_tokens(question: str, answer: str) -> int:
    """What a turn costs in a window."""
    return estimate_tokens(question) + estimate_tokens(answer) + _TOKENS_AROUND_A_TURN


def most_bytes(budget_tokens: int) -> int:
    """A text of more UTF-8 bytes than this fits into no window of `budget_tokens`, so it need not be fetched: no
    byte counts less than a third of a token."""
    return 3 * max(0, budget_tokens)


def window(newest_first: Iterable[Message], *, budget_tokens: int) -> Window:
    """Whole turns: roles alternate, `user` first, `assistant` last.

    Reads no further than the first turn that does not fit, so an older, shorter one never fills a gap: the model
    sees an unbroken end of the conversation. Interrupted answers count; turns with a blank side are left out,
    because providers refuse blank texts.
    """
    kept: list[tuple[Message, Message]] = []
    left = budget_tokens
    for question, answer in _turns(newest_first):
        cost = turn_tokens(question.text, answer.text)
        if cost > left:
            break
        left -= cost
        kept.append((question, answer))
    messages = tuple(ChatMessage(message.role, message.text) for turn in reversed(kept) for message in turn)
    return Window(messages, kept[-1][0].number if kept else None, budget_tokens - left)


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
