"""The rolling summary: made after the answer, told in the next turns, and never in anybody's way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import ChatReply, ChatRequest, TokenUsage
from lambdas.shared.domain.conversation import Lease
from lambdas.shared.domain.errors import ModelThrottledError
from lambdas.shared.domain.memory import Memory
from lambdas.shared.domain.prompt import Prompt
from lambdas.shared.services.chat_turn import ChatTurn
from lambdas.shared.services.conversation_memory import PROMPT_VERSION, ConversationMemory
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.turn import Turn
from tests.fakes.conversations import InMemoryConversationStore
from tests.fakes.models import InMemoryLedger, ScriptedChatModel, model_card, small_catalog

ANN = Caller(tenant="acme", client="shop", subject="ann")
NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
CARD = model_card(context_tokens=100_000)
LONG = "words " * 100  # 200 tokens by our estimate
SUMMARY = "The user is called Ada."


def load_prompt(version: str) -> Prompt:
    assert version == PROMPT_VERSION
    return Prompt(version, "Take notes.", "<document>{{document}}</document>")


@dataclass
class Stage:
    """A ChatTurn with memory; summaries are `summary` (a text, a reply or an error), answers are "Fine."."""

    summary: Any = SUMMARY
    history_tokens: int = 1000
    memory: bool = True
    later: list[Callable[[], object]] = field(default_factory=list)
    store: InMemoryConversationStore = field(default_factory=InMemoryConversationStore)
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)

    def __post_init__(self) -> None:
        self.model = ScriptedChatModel(self._reply)
        models = MeteredModels(models=self.model, catalog=small_catalog(CARD), ledger=self.ledger)
        self.keeper = ConversationMemory(
            conversations=self.store,
            memories=self.store,
            models=models,
            load_prompt=load_prompt,
            history_tokens=self.history_tokens,
        )
        self.chat = ChatTurn(
            store=self.store,
            models=models,
            history_tokens=self.history_tokens,
            conversation_days=30,
            memory=self.keeper if self.memory else None,
        )
        self.conversation_id: str | None = None

    def _reply(self, request: ChatRequest) -> Any:
        if request.system != "Take notes.":
            return "Fine."
        if isinstance(self.summary, Exception):
            raise self.summary
        return self.summary

    def say(self, message: str = LONG, **changes: Any) -> ChatRequest:
        """One turn without its work afterwards; answers with the request that the model got."""
        turn = Turn(ANN, message, "balanced", self.conversation_id, after_answer=self.later.append)
        self.conversation_id = self.chat.answer(replace(turn, **changes)).conversation_id
        return self.model.requests[-1]

    def work(self) -> None:
        """What the invocation does after its answer."""
        while self.later:
            self.later.pop(0)()

    def kept(self) -> Memory:
        if self.conversation_id is None:
            return Memory()
        return self.store.get(ANN.owner, self.conversation_id).memory

    def summaries(self) -> list[ChatRequest]:
        return [each for each in self.model.requests if each.system == "Take notes."]


def told(request: ChatRequest) -> bool:
    return f"<history>\n{SUMMARY}\n</history>" in (request.system or "")


def test_while_everything_fits_nothing_is_summarized() -> None:
    stage = Stage(history_tokens=10_000)
    for _ in range(8):
        stage.say()
        stage.work()
    assert stage.summaries() == []
    assert stage.kept() == Memory()


def test_no_turn_ever_forgets_a_turn_that_no_summary_covers() -> None:
    stage = Stage()
    for number in range(40):
        before = stage.kept()
        request = stage.say(f"{number} {LONG}")
        oldest = number - (len(request.messages) - 1) // 2
        assert 2 * oldest <= before.through + 1
        assert told(request) is (before.through >= 0)
        stage.work()
    assert 3 <= len(stage.summaries()) <= 10


def test_the_summary_is_made_after_the_answer_and_told_in_the_next_turn() -> None:
    stage = Stage()
    while not stage.later:
        stage.say("My name is Ada. " + LONG)
    assert stage.summaries() == []
    stage.work()
    (asked,) = stage.summaries()
    assert "User: My name is Ada." in asked.messages[0].text
    assert "Assistant: Fine." in asked.messages[0].text
    assert stage.kept().summary == SUMMARY
    assert told(stage.say(system="Be brief."))
    assert stage.model.requests[-1].system.startswith("Be brief.\n\n")  # type: ignore[union-attr]


def test_a_refresh_builds_on_the_summary_before_and_reads_only_what_is_new() -> None:
    stage = Stage()
    for number in range(30):
        stage.say(f"turn-{number}. {LONG}")
        stage.work()
    first, second, *_ = stage.summaries()
    assert "turn-0." in first.messages[0].text
    assert f"Notes so far:\n\n{SUMMARY}" in second.messages[0].text
    assert "turn-0." not in second.messages[0].text


def test_its_call_is_on_the_callers_account_as_an_operation_of_its_own() -> None:
    stage = Stage()
    while not stage.later:
        stage.say()
    stage.work()
    (event,) = [each for each in stage.ledger.events if each.operation == "chat.memory"]
    assert (event.tenant, event.client, event.subject) == ("acme", "shop", "ann")
    assert (event.reference, event.model) == (stage.conversation_id, CARD.id)


def test_the_window_and_the_summary_share_the_budget() -> None:
    stage = Stage(summary="notes " * 90)
    most = 0
    for _ in range(12):
        request = stage.say()
        if "<history>" in (request.system or ""):
            most = max(most, len(request.messages))
        stage.work()
    without = Stage(memory=False)
    full = max(len(without.say().messages) for _ in range(12))
    assert 0 < most < full


def test_a_message_beyond_any_window_is_covered_at_once() -> None:
    stage = Stage()
    stage.say("My name is Ada. " + "x" * 100_000)
    stage.work()
    assert stage.kept() == Memory(SUMMARY, through=1, asked_at=2)


@pytest.mark.parametrize(
    "summary",
    [
        ModelThrottledError("slow down"),
        ChatReply("Half", "content_filtered", TokenUsage(1, 1)),
        ChatReply("  \n", "end_turn", TokenUsage(1, 0)),
    ],
    ids=["error", "filtered", "empty"],
)
def test_a_refresh_that_fails_leaves_the_summary_as_it_was_and_tries_again_later(summary: Any) -> None:
    stage = Stage()
    while stage.kept().through < 0:
        stage.say()
        stage.work()
    before = stage.kept()
    stage.summary = summary
    for _ in range(20):
        stage.say()
        with contextlib.suppress(ModelThrottledError):
            stage.work()
    assert (stage.kept().summary, stage.kept().through) == (before.summary, before.through)
    assert 5 <= len(stage.summaries()) - 1 <= 10
    stage.summary = "Better."
    for _ in range(5):
        stage.say()
        stage.work()
    assert stage.kept().summary == "Better."
    assert stage.kept().through > before.through


def test_of_two_refreshes_at_once_one_calls_the_model() -> None:
    stage = Stage()
    while not stage.later:
        stage.say()
    refresh = stage.later[0]
    refresh()
    kept = stage.kept()
    refresh()
    assert len(stage.summaries()) == 1
    assert stage.kept() == kept


def test_a_late_refresh_does_not_overwrite_a_newer_one() -> None:
    stage = Stage()
    while not stage.later:
        stage.say()
    stage.work()
    old = stage.kept()
    owner, conversation_id = ANN.owner, str(stage.conversation_id)
    assert stage.store.claim(owner, conversation_id, old, message_count=98)
    newer = replace(old, asked_at=98)
    assert stage.store.claim(owner, conversation_id, newer, message_count=99)
    assert not stage.store.keep(owner, conversation_id, Memory("Late.", 50, 98))
    assert stage.kept().summary == old.summary


def test_a_conversation_deleted_meanwhile_stays_deleted() -> None:
    stage = Stage()
    while not stage.later:
        stage.say()

    def delete_then_answer() -> str:
        lease = Lease(ANN.owner, str(stage.conversation_id), "delete", NOW, NOW)
        stage.store.take(lease)
        stage.store.erase(lease)
        return SUMMARY

    stage.model._script = [lambda request: delete_then_answer()]
    stage.work()
    assert stage.store.all_conversations() == []


def test_a_turn_does_not_wait_for_a_refresh_and_a_refresh_holds_no_lease() -> None:
    stage = Stage()
    while not stage.later:
        stage.say()
    waiting = stage.later.pop()
    stage.say()
    waiting()
    assert stage.kept().summary == SUMMARY


def test_off_means_neither_made_nor_told() -> None:
    stage = Stage(memory=False)
    for _ in range(12):
        assert not told(stage.say())
    assert stage.later == []


def test_a_summary_of_before_is_not_told_any_more_once_it_is_off() -> None:
    stage = Stage()
    while not stage.later:
        stage.say()
    stage.work()
    off = Stage(memory=False, store=stage.store)
    off.conversation_id = stage.conversation_id
    assert not told(off.say())


@pytest.mark.parametrize(
    "changes", [{"after_answer": None}, {"remaining_seconds": lambda: 100.0}], ids=["buffered", "late"]
)
def test_where_nothing_may_run_after_the_answer_nothing_is_begun(changes: dict[str, Any]) -> None:
    stage = Stage()
    for _ in range(12):
        stage.say(**changes)
    assert stage.later == []


def test_a_summary_that_would_take_half_of_a_small_window_is_left_out() -> None:
    stage = Stage()
    while not stage.later:
        stage.say()
    stage.work()
    small = Stage(history_tokens=100, store=stage.store)
    small.conversation_id = stage.conversation_id
    assert not told(small.say("Hello"))
    assert small.later == []
