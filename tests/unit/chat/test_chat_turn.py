"""A turn: leased before it costs anything, stored whole or marked, and never left half-way."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.shared.domain import errors
from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import ChatReply, ChatRequest, SamplingParameters, TokenUsage
from lambdas.shared.domain.conversation import Conversation, Lease, Message
from lambdas.shared.services.chat_turn import ChatTurn
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.turn import Turn, TurnAnswer, TurnItem, TurnStarted
from tests.fakes.conversations import InMemoryConversationStore
from tests.fakes.models import InMemoryLedger, ScriptedChatModel, model_card, small_catalog

ANN = Caller(tenant="acme", client="shop", subject="ann")
HELLO = Turn(caller=ANN, message="Hello there", model="balanced")


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time


class Stage:
    """A ChatTurn on fakes."""

    def __init__(
        self,
        *script: Any,
        cards: Sequence[Any] = (),
        history_tokens: int = 1000,
        store: InMemoryConversationStore | None = None,
        **model: Any,
    ) -> None:
        self.model = ScriptedChatModel(*script, **model)
        self.ledger = InMemoryLedger()
        self.store = store or InMemoryConversationStore()
        self.clock = Clock()
        metered = MeteredModels(models=self.model, catalog=small_catalog(*cards), ledger=self.ledger)
        self.chat = ChatTurn(
            store=self.store, models=metered, history_tokens=history_tokens, conversation_days=30, now=self.clock
        )

    def messages(self, conversation_id: str, caller: Caller = ANN) -> tuple[Message, ...]:
        return self.store.messages(caller.owner, conversation_id, limit=100).items

    def only_conversation(self) -> str:
        (header,) = self.store.all_conversations()
        return header.conversation_id

    def is_free(self, conversation_id: str) -> bool:
        try:
            stream = self.chat.stream(replace(HELLO, conversation_id=conversation_id))
            next(stream)
            stream.close()
        except errors.ConversationBusyError:
            return False
        return True


class TestAnswer:
    def test_a_first_turn_begins_a_conversation(self) -> None:
        stage = Stage("Hi.")
        answer = stage.chat.answer(HELLO)
        assert (answer.reply.text, answer.reply.model) == ("Hi.", "acme.small-v1:0")
        question, reply = stage.messages(answer.conversation_id)
        assert (question.number, question.role, question.text) == (0, "user", "Hello there")
        assert (reply.number, reply.role, reply.text, reply.model) == (1, "assistant", "Hi.", "acme.small-v1:0")
        assert not reply.interrupted
        header = stage.store.get(ANN.owner, answer.conversation_id)
        assert (header.title, header.message_count) == ("Hello there", 2)

    def test_the_second_turn_reminds_the_model_of_the_first(self) -> None:
        stage = Stage("Hi.", "You said hello.")
        first = stage.chat.answer(HELLO)
        second = stage.chat.answer(replace(HELLO, message="What?", conversation_id=first.conversation_id))
        assert second.conversation_id == first.conversation_id
        assert [(m.role, m.text) for m in stage.model.requests[1].messages] == [
            ("user", "Hello there"),
            ("assistant", "Hi."),
            ("user", "What?"),
        ]
        assert [m.number for m in stage.messages(first.conversation_id)] == [0, 1, 2, 3]

    def test_system_prompt_and_parameters_reach_the_model(self) -> None:
        stage = Stage("Hi.")
        parameters = SamplingParameters(temperature=0.5, max_tokens=10)
        stage.chat.answer(replace(HELLO, system="Be brief.", parameters=parameters))
        assert stage.model.requests[0].system == "Be brief."
        assert stage.model.requests[0].parameters == parameters

    def test_the_call_is_on_the_callers_account(self) -> None:
        stage = Stage("Hi.")
        answer = stage.chat.answer(HELLO)
        (event,) = stage.ledger.events
        assert (event.tenant, event.client, event.subject) == ("acme", "shop", "ann")
        assert (event.operation, event.reference) == ("chat.turn", answer.conversation_id)

    def test_a_model_that_cannot_stream_answers_at_once(self) -> None:
        stage = Stage("All of it.", cards=[model_card(capabilities={"streaming": False})])
        items = list(stage.chat.stream(HELLO))
        assert [type(item) for item in items] == [TurnStarted, str, TurnAnswer]

    def test_an_empty_answer_is_stored_and_forgotten_by_the_model(self) -> None:
        stage = Stage(ChatReply("", "end_turn", TokenUsage(3, 0)), "Now.")
        items = list(stage.chat.stream(HELLO))
        assert [type(item) for item in items] == [TurnStarted, TurnAnswer]
        conversation_id = stage.only_conversation()
        stage.chat.answer(replace(HELLO, conversation_id=conversation_id))
        assert len(stage.model.requests[1].messages) == 1

    @pytest.mark.parametrize("message", ["", "  \n"])
    def test_a_blank_message_touches_nothing(self, message: str) -> None:
        stage = Stage()
        with pytest.raises(errors.InvalidInputError):
            stage.chat.answer(replace(HELLO, message=message))
        assert not stage.store.all_conversations()

    def test_a_message_of_2_mb_costs_nothing(self) -> None:
        stage = Stage()
        with pytest.raises(errors.TooLargeError):
            stage.chat.answer(replace(HELLO, message="x" * 2_000_000))
        assert not stage.store.all_conversations()
        assert not stage.model.requests

    def test_an_unknown_model_touches_nothing(self) -> None:
        stage = Stage()
        with pytest.raises(errors.UnknownModelError):
            stage.chat.answer(replace(HELLO, model="gpt-x"))
        assert not stage.store.all_conversations()


class TestWindow:
    def test_takes_what_the_setting_allows(self) -> None:
        stage = Stage("word " * 60, history_tokens=200)
        conversation_id = stage.chat.answer(HELLO).conversation_id
        for _ in range(4):
            stage.chat.answer(replace(HELLO, conversation_id=conversation_id))
        assert len(stage.model.requests[-1].messages) == 3
        assert stage.store.reads < 20

    def test_takes_less_where_the_models_window_is_small(self) -> None:
        card = model_card(context_tokens=1000, max_output_tokens=500)
        stage = Stage("word " * 60, cards=[card], history_tokens=100_000)
        conversation_id = stage.chat.answer(HELLO).conversation_id
        for _ in range(9):
            stage.chat.answer(replace(HELLO, conversation_id=conversation_id))
        assert 3 <= len(stage.model.requests[-1].messages) < 11

    def test_a_message_beyond_the_models_window_leaves_nothing_behind(self) -> None:
        stage = Stage(cards=[model_card(context_tokens=100)])
        with pytest.raises(errors.ContextTooLongError):
            stage.chat.answer(replace(HELLO, message="word " * 200))
        assert not stage.store.all_conversations()
        assert not stage.model.requests


class TestOwnership:
    @pytest.mark.parametrize(
        "stranger",
        [replace(ANN, tenant="rival"), replace(ANN, client="app"), replace(ANN, subject="bob")],
        ids=["tenant", "client", "subject"],
    )
    def test_anothers_conversation_is_not_found_and_not_told_from_none(self, stranger: Caller) -> None:
        stage = Stage("Secret.")
        conversation_id = stage.chat.answer(HELLO).conversation_id
        theirs = replace(HELLO, caller=stranger, conversation_id=conversation_id)
        with pytest.raises(errors.NotFoundError) as foreign:
            stage.chat.answer(theirs)
        with pytest.raises(errors.NotFoundError) as missing:
            stage.chat.answer(replace(theirs, conversation_id="conv_" + "0" * 26))
        assert str(foreign.value) == str(missing.value)
        assert len(stage.model.requests) == 1

    def test_an_id_without_its_form_is_bad_input(self) -> None:
        with pytest.raises(errors.InvalidInputError):
            Stage().chat.answer(replace(HELLO, conversation_id="conv_1"))


class TestLease:
    def test_of_two_turns_at_once_one_is_refused_before_it_costs_anything(self) -> None:
        stage = Stage("One two.")
        conversation_id = stage.chat.answer(HELLO).conversation_id
        again = replace(HELLO, conversation_id=conversation_id)
        running = stage.chat.stream(again)
        next(running)
        with pytest.raises(errors.ConversationBusyError) as refused:
            stage.chat.answer(again)
        assert refused.value.retry_after_seconds > 0
        assert len(stage.model.requests) == 2
        list(running)
        assert len(stage.messages(conversation_id)) == 4
        stage.chat.answer(again)

    def test_a_dead_turns_lease_expires(self) -> None:
        stage = Stage("One two.")
        conversation_id = stage.chat.answer(HELLO).conversation_id
        dead = stage.chat.stream(replace(HELLO, conversation_id=conversation_id))
        next(dead)
        stage.clock.time += timedelta(seconds=311)
        assert stage.chat.answer(replace(HELLO, conversation_id=conversation_id))
        with pytest.raises(errors.ConversationBusyError):
            list(dead)
        assert [m.number for m in stage.messages(conversation_id)] == [0, 1, 2, 3]

    def test_a_lease_outlives_every_living_turn(self) -> None:
        stage = Stage("One two.")
        conversation_id = stage.chat.answer(HELLO).conversation_id
        running = stage.chat.stream(replace(HELLO, conversation_id=conversation_id))
        next(running)
        stage.clock.time += timedelta(seconds=300)
        assert not stage.is_free(conversation_id)


MODEL_ERRORS = [
    errors.ModelThrottledError("slow down"),
    errors.ModelUnavailableError("gone"),
    errors.ModelNotEnabledError("fill the form"),
    errors.ModelRefusedRequestError("no"),
    RuntimeError("defect"),
]


class TestFailureBeforeTheFirstPiece:
    @pytest.mark.parametrize("error", MODEL_ERRORS, ids=lambda error: type(error).__name__)
    def test_of_a_new_conversation_leaves_none_behind(self, error: Exception) -> None:
        stage = Stage(error)
        with pytest.raises(type(error)):
            next(stage.chat.stream(HELLO))
        assert not stage.store.all_conversations()

    @pytest.mark.parametrize("error", MODEL_ERRORS, ids=lambda error: type(error).__name__)
    def test_frees_the_conversation_and_stores_nothing(self, error: Exception) -> None:
        stage = Stage("Hi.", error, "Hi again.")
        conversation_id = stage.chat.answer(HELLO).conversation_id
        with pytest.raises(type(error)):
            stage.chat.answer(replace(HELLO, conversation_id=conversation_id))
        assert len(stage.messages(conversation_id)) == 2
        assert stage.is_free(conversation_id)

    def test_the_models_error_matters_more_than_a_failing_release(self) -> None:
        stage = Stage(errors.ModelThrottledError("slow down"))
        stage.store.failing["release"] = OSError("no network")
        with pytest.raises(errors.ModelThrottledError):
            stage.chat.answer(HELLO)

    def test_a_history_that_cannot_be_read_frees_the_conversation(self) -> None:
        stage = Stage("Hi.")
        conversation_id = stage.chat.answer(HELLO).conversation_id
        stage.store.failing["newest_messages"] = OSError("no network")
        with pytest.raises(OSError, match="no network"):
            stage.chat.answer(replace(HELLO, conversation_id=conversation_id))
        stage.store.failing.clear()
        assert stage.is_free(conversation_id)


class TestNewConversation:
    def test_is_created_while_the_model_is_asked_already(self) -> None:
        asked, met = threading.Event(), []

        def answer(request: ChatRequest) -> str:
            asked.set()
            return "Hi."

        class WaitingStore(InMemoryConversationStore):
            def create(self, lease: Lease, title: str) -> Conversation:
                met.append(asked.wait(5))
                return super().create(lease, title)

        stage = Stage(answer, store=WaitingStore())
        stage.chat.answer(HELLO)
        assert met == [True]

    def test_exists_before_anyone_is_told_its_id(self) -> None:
        stage = Stage("One two.")
        stream = stage.chat.stream(HELLO)
        started = next(stream)
        assert isinstance(started, TurnStarted)
        assert stage.store.get(ANN.owner, started.conversation_id).message_count == 0

    def test_that_cannot_be_created_is_an_error_before_the_first_byte(self) -> None:
        stage = Stage("One two.")
        stage.store.failing["create"] = OSError("no network")
        with pytest.raises(OSError, match="no network"):
            next(stage.chat.stream(HELLO))
        assert not stage.store.all_conversations()
        assert stage.model.closed_streams == 1


class TestStream:
    def test_starts_with_the_first_piece_and_ends_with_the_answer(self) -> None:
        stage = Stage("One two three.")
        started, *pieces, answer = stage.chat.stream(HELLO)
        assert isinstance(started, TurnStarted)
        assert (started.model, started.conversation_id) == ("acme.small-v1:0", stage.only_conversation())
        assert pieces == ["One", " two", " three."]
        assert isinstance(answer, TurnAnswer)
        assert answer.reply.text == "One two three."

    def test_everything_is_stored_before_the_last_item(self) -> None:
        stage = Stage("One.")
        for item in stage.chat.stream(HELLO):
            stored = len(stage.messages(stage.only_conversation()))
            assert stored == (2 if isinstance(item, TurnAnswer) else 0)

    def test_pieces_are_passed_on_as_they_come(self) -> None:
        asked: list[str] = []

        def pieces(text: str) -> Any:
            for piece in text.split():
                asked.append(piece)
                yield piece

        stream = Stage("a b c", pieces=pieces).chat.stream(HELLO)
        taken: list[TurnItem] = [next(stream), next(stream)]
        assert (taken[1], asked) == ("a", ["a"])


class TestInterruption:
    def test_a_broken_stream_keeps_what_had_arrived_and_says_so(self) -> None:
        stage = Stage("One two three.", interrupt_after=2)
        items = stage.chat.stream(HELLO)
        assert [next(items) for _ in range(3)][1:] == ["One", " two"]
        with pytest.raises(errors.ModelStreamInterruptedError, match="interrupted") as broken:
            next(items)
        conversation_id = stage.only_conversation()
        assert conversation_id in str(broken.value)
        question, answer = stage.messages(conversation_id)
        assert (question.text, answer.text, answer.interrupted) == ("Hello there", "One two", True)
        assert [event.outcome for event in stage.ledger.events] == ["interrupted"]

    def test_any_model_error_after_text_is_an_interruption(self) -> None:
        stage = Stage("One two.", interrupt_after=1, interruption=errors.ModelThrottledError("slow down"))
        with pytest.raises(errors.ModelStreamInterruptedError):
            list(stage.chat.stream(HELLO))
        assert stage.messages(stage.only_conversation())[1].interrupted

    def test_before_any_text_it_leaves_nothing(self) -> None:
        stage = Stage("One two.", interrupt_after=0)
        with pytest.raises(errors.ModelStreamInterruptedError):
            list(stage.chat.stream(HELLO))
        assert not stage.store.all_conversations()

    def test_a_defect_keeps_the_text_too_and_stays_what_it_is(self) -> None:
        stage = Stage("One two.", interrupt_after=1, interruption=KeyError("defect"))
        with pytest.raises(KeyError):
            list(stage.chat.stream(HELLO))
        assert stage.messages(stage.only_conversation())[1].interrupted

    def test_the_next_turn_remembers_the_interrupted_one(self) -> None:
        stage = Stage("One two.", interrupt_after=1)
        with pytest.raises(errors.ModelStreamInterruptedError):
            stage.chat.answer(HELLO)
        with pytest.raises(errors.ModelStreamInterruptedError):
            stage.chat.answer(replace(HELLO, message="Go on", conversation_id=stage.only_conversation()))
        assert [m.text for m in stage.model.requests[1].messages] == ["Hello there", "One", "Go on"]

    @pytest.mark.parametrize("taken", [1, 2, 3])
    def test_a_client_that_hangs_up_leaves_a_stored_turn(self, taken: int) -> None:
        stage = Stage("One two three.")
        items = stage.chat.stream(HELLO)
        for _ in range(taken):
            next(items)
        items.close()
        answer = stage.messages(stage.only_conversation())[1]
        assert answer.interrupted
        assert answer.text == ("One" if taken < 3 else "One two")
        assert [event.outcome for event in stage.ledger.events] == ["interrupted"]
        assert stage.model.closed_streams == 1

    def test_hanging_up_after_the_answer_changes_nothing(self) -> None:
        stage = Stage("One.")
        items = stage.chat.stream(HELLO)
        for item in items:
            if isinstance(item, TurnAnswer):
                break
        items.close()
        assert not stage.messages(stage.only_conversation())[1].interrupted

    def test_an_answer_that_outlasts_the_invocation_is_cut_and_stored(self) -> None:
        stage = Stage("One two three.")
        left: Iterator[float] = iter([60.0, 4.0])
        with pytest.raises(errors.ModelStreamInterruptedError):
            list(stage.chat.stream(replace(HELLO, remaining_seconds=lambda: next(left))))
        answer = stage.messages(stage.only_conversation())[1]
        assert (answer.text, answer.interrupted) == ("One two", True)

    def test_what_cannot_be_kept_is_not_said_to_be(self) -> None:
        stage = Stage("One two.", interrupt_after=1, interruption=errors.ModelStreamInterruptedError("cut"))
        stage.store.failing["commit"] = OSError("no network")
        with pytest.raises(errors.ModelStreamInterruptedError, match=r"^cut$"):
            list(stage.chat.stream(HELLO))
        assert not stage.store.all_conversations()


class TestCommit:
    def test_a_failing_commit_surfaces_and_frees_the_conversation(self) -> None:
        stage = Stage("Hi.")
        conversation_id = stage.chat.answer(HELLO).conversation_id
        stage.store.failing["commit"] = OSError("no network")
        with pytest.raises(OSError, match="no network"):
            stage.chat.answer(replace(HELLO, conversation_id=conversation_id))
        stage.store.failing.clear()
        assert len(stage.messages(conversation_id)) == 2
        assert stage.is_free(conversation_id)

    def test_a_lost_lease_stores_nothing_and_takes_nothing_from_the_new_holder(self) -> None:
        thieves: list[Iterator[TurnItem]] = []

        def answer(request: ChatRequest) -> str:
            if request.messages[-1].text == "Slow":
                stage.clock.time += timedelta(seconds=311)
                thieves.append(stage.chat.stream(replace(HELLO, message="Quick", conversation_id=conversation_id)))
                next(thieves[0])
            return "Hi."

        stage = Stage(answer)
        conversation_id = stage.chat.answer(HELLO).conversation_id
        with pytest.raises(errors.ConversationBusyError):
            stage.chat.answer(replace(HELLO, message="Slow", conversation_id=conversation_id))
        list(thieves[0])
        assert [m.text for m in stage.messages(conversation_id)] == ["Hello there", "Hi.", "Quick", "Hi."]
