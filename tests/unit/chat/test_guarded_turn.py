"""A turn that the guardrail blocks leaves no word behind, and one that it masks is stored masked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.errors import BlockedByGuardrailError, ModelStreamInterruptedError
from lambdas.shared.domain.guardrail import Guardrail
from lambdas.shared.services.chat_turn import ChatTurn
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.turn import Turn, TurnAnswer, TurnItem, TurnStarted
from tests.fakes.conversations import InMemoryConversationStore
from tests.fakes.guardrails import GUARDRAIL, blocked_input, blocked_output, masked, passed
from tests.fakes.models import InMemoryLedger, ScriptedChatModel, model_card, small_catalog

ANN = Caller(tenant="acme", client="shop", subject="ann")
HELLO = Turn(caller=ANN, message="Hello there", model="fast")
SENT = "Well, you see The answer was blocked."


class Stage:
    def __init__(self, *script: Any, guardrail: Guardrail = GUARDRAIL, streaming: bool = True, **model: Any) -> None:
        self.model = ScriptedChatModel(*script, **model)
        self.ledger = InMemoryLedger()
        self.store = InMemoryConversationStore()
        catalog = small_catalog(model_card(capabilities={"streaming": streaming}))
        metered = MeteredModels(models=self.model, catalog=catalog, ledger=self.ledger, guardrail=guardrail)
        self.chat = ChatTurn(
            store=self.store,
            models=metered,
            history_tokens=1000,
            conversation_days=30,
            now=lambda: datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
        )

    def streamed(self, turn: Turn = HELLO) -> list[TurnItem]:
        """What was sent before the block."""
        sent: list[TurnItem] = []
        with pytest.raises(BlockedByGuardrailError):
            for item in self.chat.stream(turn):
                sent.append(item)
        return sent

    def texts(self, conversation_id: str) -> list[str]:
        return [each.text for each in self.store.messages(ANN.owner, conversation_id, limit=10).items]


class TestBlocked:
    @pytest.mark.parametrize("streaming", [True, False])
    @pytest.mark.parametrize("reply", [blocked_input(), blocked_output()])
    def test_a_first_turn_leaves_no_conversation(self, reply: Any, streaming: bool) -> None:
        stage = Stage(reply, streaming=streaming)
        assert stage.streamed() == []
        assert stage.store.all_conversations() == []
        assert [event.outcome for event in stage.ledger.events] == ["blocked"]

    def test_what_had_been_sent_is_not_kept_either(self) -> None:
        stage = Stage(blocked_output(SENT))
        started, *pieces = stage.streamed()
        assert isinstance(started, TurnStarted)
        assert "".join(map(str, pieces)).startswith("Well, you see")
        assert stage.store.all_conversations() == []

    @pytest.mark.parametrize("reply", [blocked_input(), blocked_output(SENT)])
    def test_a_later_turn_frees_the_conversation_and_leaves_it_as_it_was(self, reply: Any) -> None:
        stage = Stage(passed("Hi Ann."), reply, passed("Still here."))
        conversation_id = stage.chat.answer(HELLO).conversation_id
        later = replace(HELLO, conversation_id=conversation_id)
        stage.streamed(replace(later, message="something bad"))
        assert stage.texts(conversation_id) == ["Hello there", "Hi Ann."]
        assert stage.chat.answer(later).reply.text == "Still here."
        assert "something bad" not in str(stage.model.requests[-1])


class TestPassed:
    def test_only_the_new_message_is_guarded(self) -> None:
        stage = Stage(passed("Hi Ann."), passed("Still here."))
        conversation_id = stage.chat.answer(HELLO).conversation_id
        stage.chat.answer(replace(HELLO, conversation_id=conversation_id))
        assert [message.guarded for message in stage.model.requests[-1].messages] == [False, False, True]

    def test_a_masked_answer_is_given_and_stored_masked(self) -> None:
        stage = Stage(masked("Pay with {CREDIT_DEBIT_CARD_NUMBER}."))
        *_, answer = stage.chat.stream(HELLO)
        assert isinstance(answer, TurnAnswer)
        assert answer.reply.text == "Pay with {CREDIT_DEBIT_CARD_NUMBER}."
        assert stage.texts(answer.conversation_id) == ["Hello there", "Pay with {CREDIT_DEBIT_CARD_NUMBER}."]


class TestInterrupted:
    @pytest.mark.parametrize(("mode", "kept"), [("sync", 1), ("async", 0)])
    def test_what_was_never_assessed_is_not_kept(self, mode: str, kept: int) -> None:
        stage = Stage(passed("Good morning to you"), guardrail=GUARDRAIL._replace(stream_mode=mode), interrupt_after=2)
        with pytest.raises(ModelStreamInterruptedError):
            list(stage.chat.stream(HELLO))
        assert len(stage.store.all_conversations()) == kept

    def test_hanging_up_on_an_asynchronous_stream_keeps_nothing(self) -> None:
        stage = Stage(passed("Good morning to you"), guardrail=GUARDRAIL._replace(stream_mode="async"))
        stream = stage.chat.stream(HELLO)
        next(stream)
        next(stream)
        stream.close()
        assert stage.store.all_conversations() == []
