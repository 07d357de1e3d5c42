"""Conversations: what is remembered of them, the lease that a turn holds, and the store they live in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from lambdas.shared.domain.chat_model import Role
from lambdas.shared.domain.errors import FieldError, InvalidInputError, NotFoundError, TooLargeError
from lambdas.shared.domain.memory import Memory

ItemT = TypeVar("ItemT")

MAX_MESSAGE_BYTES = 256 * 1024
MAX_TITLE_CHARACTERS = 120
_FIRST_TITLE_CHARACTERS = 60
# Crockford's alphabet is in ASCII order, so ids sort as the times in them do.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_NO_MEMORY = Memory()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = re.compile(rf"conv_[{_ALPHABET}]{{26}}")


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation's header. Times are aware; `message_count` is also the next message's number."""

    conversation_id: str
    title: str
    created_at: datetime
    updated_at: datetime
    message_count: int
    memory: Memory = _NO_MEMORY


@dataclass(frozen=True, slots=True)
class Message:
    """One stored message, numbered from 0. `interrupted`: an answer that broke off; `model` is an answer's author."""

    number: int
    role: Role
    text: str
    created_at: datetime
    model: str | None = None
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to change one conversation, until `expires_at` or its release. `token` is the holder's secret."""

    owner: str
    conversation_id: str
    token: str
    taken_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT]):
    """Some items of a list; `after` is the last one's position if more follow."""

    items: tuple[ItemT, ...]
    after: str | None


class ConversationStore(Protocol):
    """Where conversations live. An `owner` sees its own only: what belongs to others raises NotFoundError."""

    def create(self, lease: Lease, title: str) -> Conversation:
        """A new, empty conversation, leased."""
        ...

    def take(self, lease: Lease, *, keep_until: datetime | None = None) -> Conversation:
        """Lease an existing one, and let it not age out before `keep_until`.

        Raises NotFoundError, and ConversationBusyError while another lease runs.
        """
        ...

    def release(self, lease: Lease) -> None:
        """Give the lease back; a conversation that never got a message goes with it. A lost lease is no error."""
        ...

    def commit(self, lease: Lease, messages: Sequence[Message], *, keep_until: datetime) -> None:
        """Append the messages, renew the header and release the lease: all or nothing.

        Raises ConversationBusyError when the lease was lost to somebody else.
        """
        ...

    def newest_messages(self, owner: str, conversation_id: str, *, most_bytes: int | None = None) -> Iterator[Message]:
        """Messages from the newest to the oldest, fetched as they are asked for; ends before the first one that is
        known to have more than `most_bytes` of UTF-8. Texts that have aged out are passed over."""
        ...

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """The header. Raises NotFoundError."""
        ...

    def conversations(self, owner: str, *, limit: int, after: str | None = None) -> Page[Conversation]:
        """Headers, newest first, without those that have no message. `after` is an earlier page's."""
        ...

    def messages(self, owner: str, conversation_id: str, *, limit: int, after: str | None = None) -> Page[Message]:
        """Messages, oldest first; pages may be shorter than `limit` where messages are long."""
        ...

    def rename(self, owner: str, conversation_id: str, title: str) -> Conversation:
        """Set the title. Raises NotFoundError."""
        ...

    def erase(self, lease: Lease) -> None:
        """Delete the leased conversation: all messages wherever they are, then the header with its summary; doing it
        again finishes what broke off."""
        ...


def new_conversation_id(now: datetime) -> str:
    """`conv_` and 26 characters: 48 bits of milliseconds, then 80 random ones (a ULID)."""
    value = ((now - _EPOCH) // timedelta(milliseconds=1) << 80) | secrets.randbits(80)
    return "conv_" + "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))


def is_conversation_id(text: str) -> bool:
    """Whether `text` has the form of an id; it says nothing about existence."""
    return _ID.fullmatch(text) is not None


def unknown_conversation() -> NotFoundError:
    """What every store raises, so that nobody can tell another's conversation from none."""
    return NotFoundError("There is no such conversation.")


def check_conversation_id(text: str) -> None:
    """Raises InvalidInputError for what can never have been an id of ours."""
    if not is_conversation_id(text):
        detail = "must be an id that an earlier answer gave; leave it out to begin a new conversation"
        raise InvalidInputError(f"/conversation_id: {detail}.", errors=(FieldError("/conversation_id", detail),))


def check_message(text: str) -> None:
    """Raises InvalidInputError for a blank message, TooLargeError for one beyond `MAX_MESSAGE_BYTES` of UTF-8."""
    if not text.strip():
        raise InvalidInputError("/message: must not be blank.", errors=(FieldError("/message", "must not be blank"),))
    size = len(text.encode())
    if size > MAX_MESSAGE_BYTES:
        raise TooLargeError(
            f"The message has {size:,} bytes; at most {MAX_MESSAGE_BYTES:,} are taken. "
            "Shorten it, or drop it as a document to have it summarized."
        )


def title_of(message: str) -> str:
    """A conversation's first title: how its first message begins, on one line."""
    line = " ".join(message.split())
    if len(line) <= _FIRST_TITLE_CHARACTERS:
        return line
    return line[: _FIRST_TITLE_CHARACTERS - 1].rstrip() + "…"
