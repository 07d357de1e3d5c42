"""A conversation's lease around a turn: taken before anything is paid, given back or spent on the stored turn."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from lambdas.shared.domain.conversation import (
    ConversationStore,
    Lease,
    Message,
    check_conversation_id,
    new_conversation_id,
    title_of,
)
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.domain.window import Window, most_bytes, window
from lambdas.shared.services.background import Background

_LOG = logging.getLogger(__name__)
# Longer than the function may run (300 s): a living turn never loses its lease, a dead one frees it soon.
_LEASE = timedelta(seconds=310)


class LeasedConversations:
    """Begins turns of conversations. `conversation_days`: how long one is kept after its last turn."""

    def __init__(
        self,
        store: ConversationStore,
        *,
        conversation_days: int,
        now: Callable[[], datetime] = utc_now,
        new_token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._store = store
        self._kept = timedelta(days=conversation_days)
        self._now = now
        self._new_token = new_token

    def begin(self, owner: str, conversation_id: str | None, question: str) -> LeasedConversation:
        """Lease the conversation, or begin one. Raises InvalidInputError, NotFoundError, ConversationBusyError."""
        now = self._now()
        if conversation_id is not None:
            check_conversation_id(conversation_id)
        lease = Lease(
            owner=owner,
            conversation_id=conversation_id or new_conversation_id(now),
            token=self._new_token(),
            taken_at=now,
            expires_at=now + _LEASE,
        )
        if conversation_id is not None:
            messages = self._store.take(lease, keep_until=now + self._kept).message_count
            return LeasedConversation(self._store, lease, messages, self._now, self._kept)
        # Nobody knows the new id yet, so nobody can race for it: the rest need not wait for the write.
        created = Background(lambda: self._store.create(lease, title_of(question)))
        return LeasedConversation(self._store, lease, 0, self._now, self._kept, created.wait)


class LeasedConversation:
    """One turn's hold of a conversation. `wait()` returns when the lease is surely held, or raises why it is not."""

    def __init__(
        self,
        store: ConversationStore,
        lease: Lease,
        message_count: int,
        now: Callable[[], datetime],
        kept: timedelta,
        wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._lease = lease
        self._now = now
        self._kept = kept
        self.message_count = message_count
        self.wait = wait

    @property
    def id(self) -> str:
        return self._lease.conversation_id

    def recent(self, budget_tokens: int) -> Window:
        """The newest whole turns that fit."""
        if not self.message_count:
            return Window()
        newest = self._store.newest_messages(self._lease.owner, self.id, most_bytes=most_bytes(budget_tokens))
        return window(newest, budget_tokens=budget_tokens)

    def store(self, question: str, answer: str, *, model: str | None) -> None:
        """Append the turn and give the lease back: all or nothing. Raises ConversationBusyError when the lease was lost
        to somebody else."""
        number = self.message_count
        asked = Message(number, "user", question, self._lease.taken_at)
        answered = Message(number + 1, "assistant", answer, self._now(), model=model)
        self.wait()
        self._store.commit(self._lease, (asked, answered), keep_until=self._now() + self._kept)

    def release(self) -> None:
        """Leave the conversation as it was; a lease that was lost or given back is left alone. Never raises: what went
        wrong before matters more."""
        try:
            self.wait()
            self._store.release(self._lease)
        except Exception as error:  # it expires by itself
            _LOG.warning("lease not released: %s", type(error).__name__)
