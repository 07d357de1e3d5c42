"""A conversation store in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from lambdas.shared.domain.conversation import Conversation, Lease, Message, Page, unknown_conversation
from lambdas.shared.domain.errors import ConversationBusyError
from lambdas.shared.domain.memory import Memory

# Of shorter texts a store need not know the size before it fetches them.
_KNOWN_FROM_BYTES = 64 * 1024


@dataclass
class _Stored:
    header: Conversation
    lease: Lease | None = None
    messages: list[Message] = field(default_factory=list)


class InMemoryConversationStore:
    """Also a `MemoryStore`. `failing` maps a method's name to the error that its calls raise; `reads` counts the
    messages handed out."""

    def __init__(self) -> None:
        self.failing: dict[str, Exception] = {}
        self.reads = 0
        self._stored: dict[tuple[str, str], _Stored] = {}

    def create(self, lease: Lease, title: str) -> Conversation:
        self._fail("create")
        header = Conversation(lease.conversation_id, title, lease.taken_at, lease.taken_at, 0)
        self._stored[lease.owner, lease.conversation_id] = _Stored(header, lease)
        return header

    def take(self, lease: Lease, *, keep_until: datetime | None = None) -> Conversation:
        self._fail("take")
        stored = self._find(lease.owner, lease.conversation_id)
        if stored.lease is not None and stored.lease.expires_at >= lease.taken_at:
            raise _busy()
        stored.lease = lease
        return stored.header

    def release(self, lease: Lease) -> None:
        self._fail("release")
        stored = self._stored.get((lease.owner, lease.conversation_id))
        if stored is None or not _holds(stored, lease):
            return
        stored.lease = None
        if not stored.messages:
            del self._stored[lease.owner, lease.conversation_id]

    def commit(self, lease: Lease, messages: Sequence[Message], *, keep_until: datetime) -> None:
        self._fail("commit")
        stored = self._stored.get((lease.owner, lease.conversation_id))
        if stored is None or not _holds(stored, lease) or messages[0].number != stored.header.message_count:
            raise _busy()
        stored.messages += messages
        stored.header = replace(
            stored.header, message_count=messages[-1].number + 1, updated_at=messages[-1].created_at
        )
        stored.lease = None

    def newest_messages(self, owner: str, conversation_id: str, *, most_bytes: int | None = None) -> Iterator[Message]:
        self._fail("newest_messages")
        stored = self._stored.get((owner, conversation_id))
        for message in reversed(stored.messages if stored else []):
            if most_bytes is not None and len(message.text.encode()) > max(most_bytes, _KNOWN_FROM_BYTES):
                return
            self.reads += 1
            yield message

    def get(self, owner: str, conversation_id: str) -> Conversation:
        return self._find(owner, conversation_id).header

    def conversations(self, owner: str, *, limit: int, after: str | None = None) -> Page[Conversation]:
        mine = sorted((key[1] for key, stored in self._stored.items() if key[0] == owner and stored.messages))
        wanted = [key for key in reversed(mine) if after is None or key < after]
        found = tuple(self._stored[owner, key].header for key in wanted[:limit])
        return Page(found, wanted[limit - 1] if len(wanted) > limit else None)

    def messages(self, owner: str, conversation_id: str, *, limit: int, after: str | None = None) -> Page[Message]:
        stored = self._stored.get((owner, conversation_id))
        wanted = [m for m in (stored.messages if stored else []) if after is None or m.number > int(after)]
        return Page(tuple(wanted[:limit]), str(wanted[limit - 1].number) if len(wanted) > limit else None)

    def rename(self, owner: str, conversation_id: str, title: str) -> Conversation:
        stored = self._find(owner, conversation_id)
        stored.header = replace(stored.header, title=title)
        return stored.header

    def claim(self, owner: str, conversation_id: str, known: Memory, *, message_count: int) -> bool:
        self._fail("claim")
        stored = self._stored.get((owner, conversation_id))
        if stored is None or stored.header.memory.asked_at != known.asked_at:
            return False
        stored.header = replace(stored.header, memory=replace(stored.header.memory, asked_at=message_count))
        return True

    def keep(self, owner: str, conversation_id: str, memory: Memory) -> bool:
        self._fail("keep")
        stored = self._stored.get((owner, conversation_id))
        if stored is None or stored.header.memory.asked_at != memory.asked_at:
            return False
        stored.header = replace(stored.header, memory=memory)
        return True

    def erase(self, lease: Lease) -> None:
        stored = self._find(lease.owner, lease.conversation_id)
        if not _holds(stored, lease):
            raise _busy()
        del self._stored[lease.owner, lease.conversation_id]

    def all_conversations(self) -> list[Conversation]:
        """Headers of every owner, empty ones too."""
        return [stored.header for stored in self._stored.values()]

    def _find(self, owner: str, conversation_id: str) -> _Stored:
        stored = self._stored.get((owner, conversation_id))
        if stored is None:
            raise unknown_conversation()
        return stored

    def _fail(self, method: str) -> None:
        if method in self.failing:
            raise self.failing[method]


def _holds(stored: _Stored, lease: Lease) -> bool:
    return stored.lease is not None and stored.lease.token == lease.token


def _busy() -> ConversationBusyError:
    return ConversationBusyError("busy", retry_after_seconds=5)
