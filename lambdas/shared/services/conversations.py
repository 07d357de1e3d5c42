"""A caller's own conversations: list, read, rename, delete."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.conversation import (
    Conversation,
    ConversationStore,
    Lease,
    Message,
    Page,
    is_conversation_id,
    unknown_conversation,
)
from lambdas.shared.domain.timestamps import utc_now

# Longer than the function that deletes may run (30 s).
_LEASE = timedelta(seconds=60)


class Conversations:
    """Everything about conversations that needs no model. An id of no possible form is simply not found."""

    def __init__(
        self,
        *,
        store: ConversationStore,
        now: Callable[[], datetime] = utc_now,
        new_token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._store = store
        self._now = now
        self._new_token = new_token

    def newest(self, caller: Caller, *, limit: int, after: str | None) -> Page[Conversation]:
        """The caller's conversations, newest first."""
        return self._store.conversations(caller.owner, limit=limit, after=after)

    def read(
        self, caller: Caller, conversation_id: str, *, limit: int, after: str | None
    ) -> tuple[Conversation, Page[Message]]:
        """The header, and messages in order of time. Raises NotFoundError."""
        self._check(conversation_id)
        header = self._store.get(caller.owner, conversation_id)
        return header, self._store.messages(caller.owner, conversation_id, limit=limit, after=after)

    def rename(self, caller: Caller, conversation_id: str, title: str) -> Conversation:
        """Set the title; a running turn does not mind. Raises NotFoundError."""
        self._check(conversation_id)
        return self._store.rename(caller.owner, conversation_id, title)

    def delete(self, caller: Caller, conversation_id: str) -> None:
        """Delete all messages, then the header. Raises NotFoundError, ConversationBusyError while a turn runs."""
        self._check(conversation_id)
        now = self._now()
        lease = Lease(caller.owner, conversation_id, self._new_token(), taken_at=now, expires_at=now + _LEASE)
        self._store.take(lease)
        self._store.erase(lease)

    def _check(self, conversation_id: str) -> None:
        if not is_conversation_id(conversation_id):
            raise unknown_conversation()
