"""MeteredModels with a guardrail: it goes along, what it blocks is nobody's, and what it costs is on the ledger."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.domain.chat_model import ChatMessage, ChatReply, ChatRequest, TokenUsage
from lambdas.shared.domain.converse import converse_body
from lambdas.shared.domain.errors import BlockedByGuardrailError, ModelStreamInterruptedError, ModelThrottledError
from lambdas.shared.domain.fit import fit
from lambdas.shared.domain.guardrail import (
    Guardrail,
    GuardrailPrices,
    GuardrailUnits,
    deployed_guardrail,
    estimated_units,
)
from lambdas.shared.domain.model_catalog import ModelCatalog
from lambdas.shared.services.guarding import HeldBack
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels, MeteredReply
from tests.fakes.guardrails import (
    BLOCKED_WORD,
    GUARDRAIL,
    InMemoryGuardrailChecker,
    blocked_input,
    blocked_output,
    masked,
    passed,
)
from tests.fakes.models import InMemoryLedger, ScriptedChatModel, model_card

PURPOSE = CallPurpose("acme", "app", "anna", "chat.turn", "conv_1")
PRICES = GuardrailPrices(Decimal("0.15"), Decimal("0.15"), Decimal("0.1"), as_of="2026-11-21")
TOKENS_USD = Decimal("0.002")  # 1000 tokens in, 500 out
GUARDRAIL_USD = Decimal("0.0008")  # two units of each policy
ASKED = ChatRequest("fast", (ChatMessage("user", "Hello", guarded=True),))
UNMARKED = ChatRequest("fast", (ChatMessage("user", "Hello"),))


class World:
    def __init__(
        self,
        *script: object,
        guardrail: Guardrail | None = GUARDRAIL,
        checker: InMemoryGuardrailChecker | None = None,
        prices: GuardrailPrices = PRICES,
        **model: object,
    ) -> None:
        self.model = ScriptedChatModel(*script, **model)  # type: ignore[arg-type]
        self.ledger = InMemoryLedger()
        card = model_card()
        catalog = ModelCatalog([card], aliases={"fast": card.id}, guardrail_prices=prices)
        self.models = MeteredModels(
            models=self.model, catalog=catalog, ledger=self.ledger, guardrail=guardrail, checker=checker
        )

    @property
    def event(self):  # type: ignore[no-untyped-def]
        (event,) = self.ledger.events
        return event

    def streamed(self, request: ChatRequest = ASKED) -> tuple[list[str], MeteredReply | BlockedByGuardrailError]:
        pieces: list[str] = []
        try:
            for item in self.models.stream(request, PURPOSE):
                if isinstance(item, MeteredReply):
                    return pieces, item
                pieces.append(item)
        except BlockedByGuardrailError as error:
            return pieces, error
        raise AssertionError("a stream ends in a reply or an error")


class TestWhatIsAsked:
    def test_the_guardrail_goes_along_with_guarded_messages(self) -> None:
        world = World(passed("Hi"))
        world.models.reply(ASKED, PURPOSE)
        assert world.model.requests[0].guardrail == GUARDRAIL

    def test_without_a_guardrail_nothing_is_asked(self) -> None:
        world = World("Hi", guardrail=None, checker=InMemoryGuardrailChecker())
        world.models.reply(ASKED, PURPOSE)
        assert world.model.requests[0].guardrail is None
        assert (world.event.guardrail_usd, world.event.outcome) == (None, "completed")

    def test_only_the_marked_message_is_guard_content(self) -> None:
        request = ChatRequest(
            "m",
            (ChatMessage("user", "old"), ChatMessage("assistant", "answer"), ChatMessage("user", "new", guarded=True)),
            system="Be brief.",
            guardrail=GUARDRAIL,
        )
        body = converse_body(request)
        assert [message["content"] for message in body["messages"]] == [
            [{"text": "old"}],
            [{"text": "answer"}],
            [{"guardContent": {"text": {"text": "new"}}}],
        ]
        assert body["system"] == [{"text": "Be brief."}]

    def test_without_a_guardrail_a_mark_changes_nothing(self) -> None:
        assert converse_body(ASKED) == converse_body(UNMARKED)

    def test_a_folded_system_prompt_keeps_the_mark(self) -> None:
        fitted, _ = fit(replace(ASKED, system="Be brief."), model_card(capabilities={"system": False}))
        assert fitted.messages[0].guarded

    def test_of_an_unmarked_request_the_checker_sees_the_answer_alone(self) -> None:
        checker = InMemoryGuardrailChecker()
        world = World("My answer", checker=checker)
        reply = world.models.reply(UNMARKED, PURPOSE)
        assert (world.model.requests[0].guardrail, reply.text) == (None, "My answer")
        assert checker.asked == [("My answer", GUARDRAIL, "output")]
        assert world.event.guardrail_usd == GUARDRAIL_USD

    def test_without_a_checker_nothing_goes_unassessed(self) -> None:
        world = World(passed("Hi"))
        world.models.reply(UNMARKED, PURPOSE)
        assert world.model.requests[0].guardrail == GUARDRAIL

    def test_a_stream_always_takes_the_guardrail_along(self) -> None:
        checker = InMemoryGuardrailChecker()
        world = World(passed("Hi"), checker=checker)
        world.streamed(UNMARKED)
        assert (world.model.requests[0].guardrail, checker.asked) == (GUARDRAIL, [])

    def test_an_empty_answer_needs_no_check(self) -> None:
        checker = InMemoryGuardrailChecker()
        World("", checker=checker).models.reply(UNMARKED, PURPOSE)
        assert checker.asked == []


class TestCost:
    def test_the_guardrails_units_are_part_of_the_price(self) -> None:
        world = World(passed("Hi"))
        reply = world.models.reply(ASKED, PURPOSE)
        assert reply.cost_usd == world.event.cost_usd == TOKENS_USD + GUARDRAIL_USD
        assert (world.event.guardrail_usd, world.event.estimated) == (GUARDRAIL_USD, False)

    def test_an_unknown_price_of_a_policy_makes_the_cost_unknown(self) -> None:
        world = World(passed("Hi"), prices=GuardrailPrices())
        assert world.models.reply(ASKED, PURPOSE).cost_usd is None
        assert (world.event.cost_usd, world.event.guardrail_usd) == (None, None)

    def test_without_a_trace_the_units_are_estimated(self) -> None:
        world = World(ChatReply("x" * 1500, "end_turn", TokenUsage(1000, 500)))
        world.models.reply(ASKED, PURPOSE)
        assert world.event.estimated
        assert world.event.guardrail_usd == PRICES.price(estimated_units(5).plus(estimated_units(1500)))

    def test_an_interrupted_stream_estimates_both(self) -> None:
        world = World(passed("Hello to you"), interrupt_after=2)
        with pytest.raises(ModelStreamInterruptedError):
            world.streamed()
        assert (world.event.outcome, world.event.estimated) == ("interrupted", True)
        assert world.event.guardrail_usd == PRICES.price(GuardrailUnits(2, 2, 2))

    def test_a_call_that_was_refused_costs_nothing(self) -> None:
        world = World(ModelThrottledError("slow down"))
        with pytest.raises(ModelThrottledError):
            world.models.reply(ASKED, PURPOSE)
        assert (world.event.cost_usd, world.event.guardrail_usd) == (0, None)

    def test_units_are_begun_thousands_of_characters(self) -> None:
        assert [estimated_units(n).content for n in (0, 1, 1000, 1001)] == [0, 1, 1, 2]


class TestBlocked:
    def test_a_blocked_request_says_why_and_still_costs(self) -> None:
        world = World(blocked_input())
        with pytest.raises(BlockedByGuardrailError, match=r"^The request was blocked .*\(word CUSTOM_WORD\)") as raised:
            world.models.reply(ASKED, PURPOSE)
        assert raised.value.interventions == (BLOCKED_WORD,)
        assert (world.event.outcome, world.event.error_code) == ("blocked", "blocked_by_guardrail")
        assert (world.event.cost_usd, world.event.guardrail_usd) == (GUARDRAIL_USD, GUARDRAIL_USD)

    def test_a_blocked_answer_costs_its_tokens_too(self) -> None:
        world = World(blocked_output())
        with pytest.raises(BlockedByGuardrailError, match=r"^The answer was blocked"):
            world.models.reply(ASKED, PURPOSE)
        assert (world.event.outcome, world.event.cost_usd) == ("blocked", TOKENS_USD + GUARDRAIL_USD)

    def test_a_stop_without_a_reason_is_a_block(self) -> None:
        world = World(ChatReply("No.", "guardrail_intervened", TokenUsage(1, 1)))
        with pytest.raises(BlockedByGuardrailError):
            world.models.reply(ASKED, PURPOSE)

    def test_a_masked_answer_is_an_answer(self) -> None:
        world = World(masked("Pay with {CREDIT_DEBIT_CARD_NUMBER}"))
        reply = world.models.reply(ASKED, PURPOSE)
        assert (reply.text, world.event.outcome) == ("Pay with {CREDIT_DEBIT_CARD_NUMBER}", "completed")

    def test_a_checked_answer_is_blocked_or_masked_as_well(self) -> None:
        world = World("That is forbidden.", checker=InMemoryGuardrailChecker())
        with pytest.raises(BlockedByGuardrailError):
            world.models.reply(UNMARKED, PURPOSE)
        assert (world.event.outcome, world.event.stop_reason) == ("blocked", "end_turn")
        assert World("Pay 4111", checker=InMemoryGuardrailChecker()).models.reply(UNMARKED, PURPOSE).text == (
            "Pay {CREDIT_DEBIT_CARD_NUMBER}"
        )

    def test_an_answer_that_could_not_be_checked_is_paid_and_not_given_out(self) -> None:
        world = World("Fine.", checker=InMemoryGuardrailChecker(failing=ModelThrottledError("slow down")))
        with pytest.raises(ModelThrottledError):
            world.models.reply(UNMARKED, PURPOSE)
        assert (world.event.outcome, world.event.error_code) == ("completed", "model_throttled")
        assert world.event.cost_usd > 0


class TestStream:
    def test_a_blocked_request_shows_none_of_the_guardrails_message(self) -> None:
        world = World(blocked_input())
        pieces, error = world.streamed()
        assert pieces == []
        assert isinstance(error, BlockedByGuardrailError)
        assert world.event.outcome == "blocked"

    def test_a_block_in_mid_stream_comes_after_what_was_sent(self) -> None:
        world = World(blocked_output("Well, you see The answer was blocked."))
        pieces, error = world.streamed()
        assert pieces[:2] == ["Well,", " you"]
        assert isinstance(error, BlockedByGuardrailError)
        assert world.event.cost_usd == TOKENS_USD + GUARDRAIL_USD

    def test_an_answer_that_begins_like_the_message_is_not_lost(self) -> None:
        pieces, reply = World(passed("The answer was 42.")).streamed()
        assert "".join(pieces) == "The answer was 42."
        assert isinstance(reply, MeteredReply)

    def test_an_answer_that_is_word_for_word_the_message_is_not_lost(self) -> None:
        pieces, reply = World(passed("The answer was blocked.")).streamed()
        assert "".join(pieces) == "The answer was blocked."
        assert isinstance(reply, MeteredReply) and reply.text == "The answer was blocked."

    def test_a_masked_stream_is_an_answer(self) -> None:
        pieces, reply = World(masked("Pay {PIN} now")).streamed()
        assert "".join(pieces) == "Pay {PIN} now"
        assert isinstance(reply, MeteredReply)

    @pytest.mark.parametrize(("mode", "assessed"), [("sync", True), ("async", False)])
    def test_pieces_are_assessed_before_they_are_sent_only_in_sync(self, mode: str, assessed: bool) -> None:
        assert World(guardrail=GUARDRAIL._replace(stream_mode=mode)).models.pieces_are_assessed is assessed
        assert World(guardrail=None).models.pieces_are_assessed

    @given(st.lists(st.text(alphabet="Theanswr wblockd.", min_size=1), max_size=8))
    def test_holding_back_changes_no_text(self, pieces: list[str]) -> None:
        held = HeldBack(GUARDRAIL)
        sent = [part for piece in pieces for part in held.take(piece)]
        assert sent + list(held.rest()) == pieces


def test_a_deployment_can_apply_none() -> None:
    assert deployed_guardrail("none", "none", "sync", "[]") is None
    assert deployed_guardrail("gr1", "3", "async", '["No."]') == Guardrail("gr1", "3", "async", ("No.",))
