"""The wire of chat and conversations: request bodies, answers, events, cursors."""

from __future__ import annotations

import base64
import binascii
import re
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from lambdas.shared.domain.chat_model import Role, SamplingParameters, TokenUsage
from lambdas.shared.domain.conversation import MAX_TITLE_CHARACTERS, Conversation, Message, Page
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.timestamps import to_iso
from lambdas.shared.services.turn import TurnAnswer

NonBlank = Annotated[str, Meta(pattern=r"\S")]

MAX_PAGE = 100
CONVERSATION_POSITION = re.compile(r"conv_[0-9a-z]{26}")
MESSAGE_POSITION = re.compile(r"[0-9]{1,8}")


class Parameters(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How to generate; ranges are those that Converse takes for every model."""

    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    stop_sequences: Annotated[tuple[NonBlank, ...], Meta(max_length=4)] = ()

    def sampling(self) -> SamplingParameters:
        """The same in the domain's words."""
        return SamplingParameters(self.temperature, self.top_p, self.top_k, self.max_tokens, self.stop_sequences)


class TurnBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST /chat and /chat/stream."""

    message: str
    conversation_id: str | None = None
    model: NonBlank = "balanced"
    system: NonBlank | None = None
    parameters: Parameters | None = None


class TitleBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of PATCH /conversations/{id}."""

    title: Annotated[NonBlank, Meta(max_length=MAX_TITLE_CHARACTERS)]


class Start(msgspec.Struct, frozen=True):
    """First event of a stream."""

    conversation_id: str
    model: str


class Delta(msgspec.Struct, frozen=True):
    """A piece of the answer."""

    text: str


class Done(msgspec.Struct, frozen=True):
    """Last event of a stream."""

    conversation_id: str
    model: str
    stop_reason: str
    usage: TokenUsage
    cost_usd: Decimal | None
    ignored_parameters: tuple[str, ...]


class Answer(Done, frozen=True, kw_only=True):
    """Answer of POST /chat."""

    answer: str


class ConversationAnswer(msgspec.Struct, frozen=True):
    """A conversation in a list."""

    conversation_id: str
    title: str
    created_at: str
    updated_at: str
    message_count: int


class MessageAnswer(msgspec.Struct, frozen=True):
    """One message; `model` is null for the user's."""

    number: int
    role: Role
    text: str
    created_at: str
    model: str | None
    interrupted: bool


class ConversationsAnswer(msgspec.Struct, frozen=True):
    """Answer of GET /conversations."""

    items: tuple[ConversationAnswer, ...]
    next_cursor: str | None


class HistoryAnswer(ConversationAnswer, frozen=True, kw_only=True):
    """Answer of GET /conversations/{id}: the header and a page of messages, oldest first."""

    items: tuple[MessageAnswer, ...]
    next_cursor: str | None


def done_event(answer: TurnAnswer) -> Done:
    """What `done` carries."""
    return Done(**_outcome(answer))


def turn_answer(answer: TurnAnswer) -> Answer:
    """The whole answer in one body."""
    return Answer(**_outcome(answer), answer=answer.reply.text)


def conversation_answer(conversation: Conversation) -> ConversationAnswer:
    """A header on the wire."""
    return ConversationAnswer(**_header(conversation))


def history_answer(conversation: Conversation, page: Page[Message]) -> HistoryAnswer:
    """A header and a page of its messages."""
    items = tuple(
        MessageAnswer(m.number, m.role, m.text, to_iso(m.created_at), m.model, m.interrupted) for m in page.items
    )
    return HistoryAnswer(**_header(conversation), items=items, next_cursor=cursor_from(page.after))


def cursor_from(position: str | None) -> str | None:
    """An opaque cursor for a page's last position."""
    return None if position is None else base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def position_from(cursor: str | None, pattern: re.Pattern[str]) -> str | None:
    """The inverse; raises InvalidInputError unless the position looks like `pattern`."""
    if cursor is None:
        return None
    try:
        position = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        position = ""
    if not pattern.fullmatch(position):
        raise InvalidInputError("The query parameter cursor takes the next_cursor of an earlier page, unchanged.")
    return position


def page_size(text: str | None, *, default: int) -> int:
    """The query parameter `limit`; raises InvalidInputError outside 1 to `MAX_PAGE`."""
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not 1 <= int(text) <= MAX_PAGE:
        raise InvalidInputError(f"The query parameter limit takes a whole number from 1 to {MAX_PAGE}.")
    return int(text)


def _outcome(answer: TurnAnswer) -> dict[str, Any]:
    reply = answer.reply
    return {
        "conversation_id": answer.conversation_id,
        "model": reply.model,
        "stop_reason": reply.stop_reason,
        "usage": reply.usage,
        "cost_usd": reply.cost_usd,
        "ignored_parameters": reply.ignored_parameters,
    }


def _header(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation_id": conversation.conversation_id,
        "title": conversation.title,
        "created_at": to_iso(conversation.created_at),
        "updated_at": to_iso(conversation.updated_at),
        "message_count": conversation.message_count,
    }
