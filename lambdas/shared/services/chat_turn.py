"""One turn of a conversation: lease, remember, ask the model, store question and answer together."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest
from lambdas.shared.domain.conversation import (
    ConversationStore,
    Lease,
    Message,
    check_conversation_id,
    check_message,
    new_conversation_id,
    title_of,
)
from lambdas.shared.domain.errors import (
    BlockedByGuardrailError,
    ConversationBusyError,
    FieldError,
    ModelError,
    ModelStreamInterruptedError,
    UnknownModelError,
)
from lambdas.shared.domain.memory import Memory
from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.domain.window import Window, most_bytes, window
from lambdas.shared.services.background import Background
from lambdas.shared.services.conversation_memory import ConversationMemory
from lambdas.shared.services.history_room import history_room
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels, MeteredReply
from lambdas.shared.services.turn import Turn, TurnAnswer, TurnItem, TurnStarted

_LOG = logging.getLogger(__name__)
# Longer than the function may run (300 s): a living turn never loses its lease, a dead one frees it soon.
_LEASE = timedelta(seconds=310)
# What is left of the invocation when an answer is cut, so that it can still be stored.
_LAST_SECONDS = 5.0
_NO_MEMORY = Memory()
_NO_HISTORY = Window()


@dataclass(slots=True)
class _Running:
    turn: Turn
    model: ResolvedModel
    lease: Lease
    next_number: int
    leased: Callable[[], None]  # returns when the lease is surely held; raises why it is not
    memory: Memory = _NO_MEMORY
    room: int = 0  # tokens for whole turns of the past
    recalled: Window = _NO_HISTORY
    arrived: list[str] = field(default_factory=list)


class ChatTurn:
    """Takes turns. `history_tokens`: how much of a conversation a model is reminded of at most, the summary included;
    `conversation_days`: how long a conversation is kept after its last turn; `memory` None: no summary is told or kept.
    """

    def __init__(
        self,
        *,
        store: ConversationStore,
        models: MeteredModels,
        history_tokens: int,
        conversation_days: int,
        memory: ConversationMemory | None = None,
        now: Callable[[], datetime] = utc_now,
        new_token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._store = store
        self._models = models
        self._history_tokens = history_tokens
        self._memory = memory
        self._kept = timedelta(days=conversation_days)
        self._now = now
        self._new_token = new_token

    def answer(self, turn: Turn) -> TurnAnswer:
        """The whole turn at once; raises what `stream` raises."""
        for item in self.stream(turn):
            if isinstance(item, TurnAnswer):
                return item
        raise AssertionError("a turn ends in its answer or in an error")

    def stream(self, turn: Turn) -> Generator[TurnItem, None, None]:
        """`TurnStarted` when the model's first piece is there, the pieces, then `TurnAnswer` once all is stored.

        Before the first item: InvalidInputError, TooLargeError, NotFoundError, ConversationBusyError, ModelError,
        BlockedByGuardrailError; nothing is left behind then. After it: ModelStreamInterruptedError, and what had
        arrived is stored, marked as interrupted; BlockedByGuardrailError, or ConversationBusyError when another turn
        has taken over, and nothing is stored. Closing the generator early stores like an interruption.
        """
        check_message(turn.message)
        model = self._resolve(turn.model)
        running = self._begin(turn, model)
        lease = running.lease
        try:
            reply = yield from self._relay(running)
        except BlockedByGuardrailError:  # no word of the turn is kept, not even what had been sent
            self._release(running)
            raise
        except ModelError as error:
            if not self._keep_partial(running):
                raise
            kept = f"what had arrived is kept in {lease.conversation_id}, marked as interrupted"
            raise ModelStreamInterruptedError(f"The answer broke off; {kept}.") from error
        except BaseException:
            self._keep_partial(running)
            raise
        self._store_answer(running, reply)
        self._keep_in_mind(running, reply)
        if not running.arrived:
            yield TurnStarted(lease.conversation_id, model.model_id)
        yield TurnAnswer(lease.conversation_id, reply)

    def _resolve(self, name: str) -> ResolvedModel:
        try:
            return self._models.resolve(name)
        except UnknownModelError as error:
            raise UnknownModelError(str(error), errors=(FieldError("/model", str(error)),)) from error

    def _begin(self, turn: Turn, model: ResolvedModel) -> _Running:
        now = self._now()
        if turn.conversation_id is not None:
            check_conversation_id(turn.conversation_id)
        lease = Lease(
            owner=turn.caller.owner,
            conversation_id=turn.conversation_id or new_conversation_id(now),
            token=self._new_token(),
            taken_at=now,
            expires_at=now + _LEASE,
        )
        if turn.conversation_id is None:
            # Nobody knows the new id yet, so nobody can race for it: the model need not wait for the write.
            created = Background(lambda: self._store.create(lease, title_of(turn.message)))
            return _Running(turn, model, lease, next_number=0, leased=created.wait)
        conversation = self._store.take(lease, keep_until=now + self._kept)
        memory = conversation.memory if self._memory else _NO_MEMORY
        return _Running(turn, model, lease, conversation.message_count, leased=_nothing, memory=memory)

    def _relay(self, running: _Running) -> Generator[TurnItem, None, MeteredReply]:
        pieces = self._ask(running)
        try:
            for piece in pieces:
                if isinstance(piece, MeteredReply):
                    return piece
                running.arrived.append(piece)
                if len(running.arrived) == 1:
                    running.leased()
                    yield TurnStarted(running.lease.conversation_id, running.model.model_id)
                yield piece
                if running.turn.remaining_seconds() < _LAST_SECONDS:
                    raise ModelStreamInterruptedError("The answer took longer than one request may run.")
        finally:
            getattr(pieces, "close", _nothing)()  # ends the call, and puts it on the ledger, before we store
        raise AssertionError("a model's stream ends in its reply or in an error")

    def _ask(self, running: _Running) -> Iterator[str | MeteredReply]:
        turn, lease = running.turn, running.lease
        card, memory = running.model.card, running.memory
        system, room = history_room(turn, card, memory, history_tokens=self._history_tokens)
        if running.next_number:
            newest = self._store.newest_messages(lease.owner, lease.conversation_id, most_bytes=most_bytes(room))
            running.recalled = window(newest, budget_tokens=room)
        running.room = room
        request = ChatRequest(
            model_id=running.model.model_id,
            messages=(*running.recalled.messages, ChatMessage("user", turn.message, guarded=True)),
            system=system,
            parameters=turn.parameters,
        )
        caller = turn.caller
        purpose = CallPurpose(caller.tenant, caller.client, caller.subject, "chat.turn", lease.conversation_id)
        if running.model.card.capabilities.streaming:
            return self._models.stream(request, purpose)
        reply = self._models.reply(request, purpose)
        return iter((reply.text, reply) if reply.text else (reply,))

    def _keep_in_mind(self, running: _Running, reply: MeteredReply) -> None:
        """Have the summary refreshed after the answer, where the next turn would forget something."""
        turn, memory, known, number = running.turn, self._memory, running.memory, running.next_number
        if memory is None or turn.after_answer is None:
            return
        if memory.is_due(turn, reply.text, number=number, recalled=running.recalled, room=running.room, known=known):
            conversation_id = running.lease.conversation_id
            turn.after_answer(lambda: memory.refresh(turn.caller, conversation_id, known, message_count=number + 2))

    def _store_answer(self, running: _Running, reply: MeteredReply) -> None:
        try:
            self._commit(running, reply.text, interrupted=False)
        except ConversationBusyError:
            raise  # the lease is another turn's now: nothing of ours to release
        except BaseException:
            self._release(running)
            raise

    def _keep_partial(self, running: _Running) -> bool:
        """Store what had arrived, if it has passed the content policy; else leave no trace. Never raises: the turn has
        failed already."""
        text = "".join(running.arrived)
        if text.strip() and self._models.pieces_are_assessed:
            try:
                self._commit(running, text, interrupted=True)
            except Exception as error:
                _LOG.warning("interrupted answer not kept: %s", type(error).__name__)
            else:
                return True
        self._release(running)
        return False

    def _commit(self, running: _Running, answer: str, *, interrupted: bool) -> None:
        lease, number, now = running.lease, running.next_number, self._now()
        model = running.model.model_id
        question = Message(number, "user", running.turn.message, lease.taken_at)
        answered = Message(number + 1, "assistant", answer, now, model=model, interrupted=interrupted)
        running.leased()
        self._store.commit(lease, (question, answered), keep_until=now + self._kept)

    def _release(self, running: _Running) -> None:
        try:
            running.leased()
            self._store.release(running.lease)
        except Exception as error:  # it expires by itself; the turn's own error matters more
            _LOG.warning("lease not released: %s", type(error).__name__)


def _nothing() -> None:
    """Iterators that are no generators have nothing to close; leases that were taken have nothing to wait for."""
