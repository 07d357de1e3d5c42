"""MeteredModels: every call is priced and leaves exactly one row, however it ends."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.domain.chat_model import ChatMessage, ChatReply, ChatRequest, SamplingParameters, TokenUsage
from lambdas.shared.domain.errors import (
    ContextTooLongError,
    LedgerUnavailableError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelStreamInterruptedError,
    ModelThrottledError,
    ModelUnavailableError,
    UnknownModelError,
)
from lambdas.shared.domain.fit import estimate_input_tokens
from lambdas.shared.domain.ledger import UNSETTLED, LedgerEvent
from lambdas.shared.domain.model_card import Prices
from lambdas.shared.domain.tokens import estimate_tokens
from lambdas.shared.services.call_ledger import IntentTiming
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels, MeteredReply
from tests.fakes.models import InMemoryLedger, ScriptedChatModel, model_card, small_catalog

PURPOSE = CallPurpose(tenant="acme", client="app", subject="anna", operation="chat.turn", reference="conv_1")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ANSWER = ChatReply("Good morning to you", "end_turn", TokenUsage(1000, 500))
COST = Decimal("0.002")  # $1 and $2 per million tokens
REFUSALS = [ModelThrottledError, ModelNotEnabledError, ModelRefusedRequestError, ContextTooLongError]
CATALOG = small_catalog(
    model_card(),
    model_card("acme.embed-v1:0", kind="embedding"),
    model_card("acme.free-v1:0", prices=Prices()),
    allowed=["us.acme.small-v1:0"],
)


def a_request(model: str = "fast", text: str = "Hello", **changes: object) -> ChatRequest:
    return ChatRequest(model, (ChatMessage("user", text),), **changes)  # type: ignore[arg-type]


def metered(models: object, ledger: InMemoryLedger, intents: IntentTiming = "before") -> MeteredModels:
    ids = count(1)
    return MeteredModels(
        models=models,  # type: ignore[arg-type]
        catalog=CATALOG,
        ledger=ledger,
        intents=intents,
        now=lambda: NOW,
        new_id=lambda: f"call-{next(ids)}",
    )


class TestReply:
    def test_an_answer_comes_with_its_price_and_leaves_an_event(self) -> None:
        ledger, models = InMemoryLedger(), ScriptedChatModel(ANSWER)
        reply = metered(models, ledger).reply(a_request(), PURPOSE)
        assert reply == MeteredReply("Good morning to you", "end_turn", ANSWER.usage, "acme.small-v1:0", COST, ())
        (event,) = ledger.events
        assert (event.call_id, event.at, event.outcome, event.cost_usd) == ("call-1", NOW, "completed", COST)
        assert (event.tenant, event.client, event.subject) == ("acme", "app", "anna")
        assert (event.operation, event.reference, event.model) == ("chat.turn", "conv_1", "acme.small-v1:0")
        assert (event.usage, event.stop_reason, event.estimated) == (ANSWER.usage, "end_turn", False)
        assert event.prices_as_of == "2026-11-21"

    def test_a_profile_is_sent_by_its_own_name_and_costs_more(self) -> None:
        ledger, models = InMemoryLedger(), ScriptedChatModel(ANSWER)
        reply = metered(models, ledger).reply(a_request("us.acme.small-v1:0"), PURPOSE)
        assert models.requests[0].model_id == reply.model == "us.acme.small-v1:0"
        assert reply.cost_usd == Decimal("0.0022")

    def test_the_request_is_fitted_and_what_was_ignored_is_told(self) -> None:
        models = ScriptedChatModel(ANSWER)
        request = a_request(parameters=SamplingParameters(max_tokens=5000))
        reply = metered(models, InMemoryLedger()).reply(request, PURPOSE)
        assert reply.ignored_parameters == ("max_tokens",)
        assert models.requests[0].parameters.max_tokens == 1000

    def test_an_unknown_price_is_none_and_not_zero(self) -> None:
        ledger = InMemoryLedger()
        assert metered(ScriptedChatModel(ANSWER), ledger).reply(a_request("best"), PURPOSE).cost_usd is None
        assert ledger.events[0].cost_usd is None

    @pytest.mark.parametrize("error", REFUSALS)
    def test_a_refused_call_costs_nothing(self, error: type[Exception]) -> None:
        ledger = InMemoryLedger()
        with pytest.raises(error):
            metered(ScriptedChatModel(error("no")), ledger).reply(a_request(), PURPOSE)
        (event,) = ledger.events
        assert (event.outcome, event.cost_usd, event.usage) == ("refused", 0, TokenUsage(0, 0))
        assert event.error_code == error.code  # type: ignore[attr-defined]

    @pytest.mark.parametrize("error", [ModelUnavailableError("timeout"), RuntimeError("a defect"), KeyboardInterrupt()])
    def test_a_call_without_an_answer_may_have_been_billed(self, error: BaseException) -> None:
        ledger = InMemoryLedger()
        with pytest.raises(type(error)):
            metered(Failing(error), ledger).reply(a_request(), PURPOSE)
        (event,) = ledger.events
        assert (event.outcome, event.cost_usd, event.estimated) == ("uncertain", None, True)
        assert event.usage.input_tokens > 0

    @pytest.mark.parametrize(
        ("request_", "error"),
        [
            (a_request("gpt-17"), UnknownModelError),
            (a_request("acme.embed-v1:0"), UnknownModelError),
            (a_request(text="word " * 10_000), ContextTooLongError),
        ],
    )
    def test_what_is_never_sent_leaves_no_event(self, request_: ChatRequest, error: type[Exception]) -> None:
        ledger, models = InMemoryLedger(), ScriptedChatModel(ANSWER)
        with pytest.raises(error):
            metered(models, ledger).reply(request_, PURPOSE)
        with pytest.raises(error):
            metered(models, ledger).stream(request_, PURPOSE)
        assert (ledger.events, models.requests) == ([], [])


class TestStream:
    def test_pieces_then_the_priced_reply(self) -> None:
        ledger = InMemoryLedger()
        *pieces, reply = metered(ScriptedChatModel(ANSWER), ledger).stream(a_request(), PURPOSE)
        assert "".join(map(str, pieces)) == "Good morning to you"
        assert isinstance(reply, MeteredReply)
        assert (reply.text, reply.cost_usd) == ("Good morning to you", COST)
        assert [event.outcome for event in ledger.events] == ["completed"]

    def test_the_event_stands_before_the_reply_is_handed_out(self) -> None:
        ledger = InMemoryLedger()
        stream = metered(ScriptedChatModel(ANSWER), ledger).stream(a_request(), PURPOSE)
        seen = [ledger.events[0].outcome for piece in stream]
        assert seen == ["uncertain"] * 4 + ["completed"]

    def test_a_break_records_what_had_arrived(self) -> None:
        ledger = InMemoryLedger()
        stream = metered(ScriptedChatModel(ANSWER, interrupt_after=2), ledger).stream(a_request(), PURPOSE)
        with pytest.raises(ModelStreamInterruptedError):
            list(stream)
        (event,) = ledger.events
        assert (event.outcome, event.estimated) == ("interrupted", True)
        assert event.usage.output_tokens == estimate_tokens("Good morning")
        assert event.cost_usd == Decimal(event.usage.input_tokens + 2 * event.usage.output_tokens) / 1_000_000

    def test_hanging_up_records_what_had_arrived_and_ends_the_call(self) -> None:
        ledger, models = InMemoryLedger(), ScriptedChatModel(ANSWER)
        stream = metered(models, ledger).stream(a_request(), PURPOSE)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        (event,) = ledger.events
        assert (event.outcome, event.error_code) == ("interrupted", "GeneratorExit")
        assert models.closed_streams == 1

    def test_a_stream_that_was_never_read_was_never_sent(self) -> None:
        ledger, models = InMemoryLedger(), ScriptedChatModel(ANSWER)
        metered(models, ledger).stream(a_request(), PURPOSE).close()  # type: ignore[attr-defined]
        assert (ledger.events, models.requests) == ([], [])

    @pytest.mark.parametrize("error", REFUSALS)
    def test_a_refusal_before_the_first_byte_costs_nothing(self, error: type[Exception]) -> None:
        ledger = InMemoryLedger()
        stream = metered(ScriptedChatModel(error("no")), ledger).stream(a_request(), PURPOSE)
        with pytest.raises(error):
            next(stream)
        assert [(event.outcome, event.cost_usd) for event in ledger.events] == [("refused", 0)]

    def test_a_timeout_before_the_first_byte_is_uncertain(self) -> None:
        ledger = InMemoryLedger()
        stream = metered(ScriptedChatModel(ModelUnavailableError("timeout")), ledger).stream(a_request(), PURPOSE)
        with pytest.raises(ModelUnavailableError):
            next(stream)
        assert [(event.outcome, event.cost_usd) for event in ledger.events] == [("uncertain", None)]

    def test_a_refusal_in_mid_stream_is_no_refusal(self) -> None:
        ledger = InMemoryLedger()
        models = ScriptedChatModel(ANSWER, interrupt_after=1, interruption=ModelThrottledError("slow down"))
        with pytest.raises(ModelThrottledError):
            list(metered(models, ledger).stream(a_request(), PURPOSE))
        assert [event.outcome for event in ledger.events] == ["interrupted"]

    def test_a_stream_without_its_reply_is_an_interruption(self) -> None:
        ledger = InMemoryLedger()
        with pytest.raises(ModelStreamInterruptedError):
            list(metered(HalfAnswer(), ledger).stream(a_request(), PURPOSE))
        assert [event.outcome for event in ledger.events] == ["interrupted"]

    @given(st.integers(0, 6), st.integers(0, 6), st.booleans(), st.sampled_from(["before", "beside"]))
    def test_every_history_leaves_exactly_one_settled_row(
        self, reads: int, breaks: int, ledger_fails: bool, intents: IntentTiming
    ) -> None:
        ledger = InMemoryLedger(failing=OSError("down") if ledger_fails else None)
        models = ScriptedChatModel(ANSWER, interrupt_after=breaks if breaks < 5 else None)
        service = metered(models, ledger, intents)
        stream = service.stream(a_request(), PURPOSE)
        try:
            for _ in range(reads):
                next(stream, None)
        except (ModelStreamInterruptedError, LedgerUnavailableError):
            pass
        stream.close()  # type: ignore[attr-defined]
        assert (
            len(ledger.events) + service.unrecorded
            == len(models.requests)
            == (0 if never_sent(ledger, reads, intents) else 1)
        )
        assert UNSETTLED not in {event.error_code for event in ledger.events}


class TestIntents:
    """What stands in the ledger while a model is asked is what a crash leaves behind."""

    def test_a_call_that_waits_for_its_intent_has_a_row_before_it_is_sent(self) -> None:
        ledger = InMemoryLedger()
        seen: list[list[LedgerEvent]] = []
        service = metered(watching(ledger, seen), ledger)
        service.reply(a_request(), PURPOSE)
        list(service.stream(a_request(), PURPOSE))
        for (intent,), event in zip(seen, ledger.events, strict=True):
            assert (intent.outcome, intent.error_code, intent.estimated) == ("uncertain", UNSETTLED, True)
            assert (intent.cost_usd, intent.usage) == (None, TokenUsage(estimate_input_tokens(a_request()), 0))
            assert (intent.call_id, intent.at, intent.reference) == (event.call_id, event.at, event.reference)
            assert (event.outcome, event.error_code, event.estimated) == ("completed", None, False)

    def test_without_its_intent_no_call_is_made(self) -> None:
        ledger, models = InMemoryLedger(failing=OSError("table is gone")), ScriptedChatModel(ANSWER)
        service = metered(models, ledger)
        with pytest.raises(LedgerUnavailableError, match="OSError"):
            service.reply(a_request(), PURPOSE)
        with pytest.raises(LedgerUnavailableError):
            next(service.stream(a_request(), PURPOSE))
        assert (models.requests, service.unrecorded) == ([], 0)

    def test_an_event_that_cannot_be_written_leaves_its_intent_and_a_line_in_the_log(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        ledger = InMemoryLedger()

        def answer_while_the_table_goes(_: ChatRequest) -> ChatReply:
            ledger.failing = OSError("table is gone")
            return ANSWER

        service = metered(ScriptedChatModel(answer_while_the_table_goes), ledger)
        assert service.reply(a_request(), PURPOSE).cost_usd == COST
        assert [(event.outcome, event.error_code) for event in ledger.events] == [("uncertain", UNSETTLED)]
        line = json.loads(caplog.records[0].getMessage())
        assert (line["event"]["call_id"], line["event"]["outcome"]) == (ledger.events[0].call_id, "completed")
        assert line["event"]["cost_usd"] == "0.0020000000"

    def test_a_call_beside_its_intent_has_a_row_while_it_waits(self) -> None:
        ledger = WatchedLedger()

        def answer_once_the_intent_stands(_: ChatRequest) -> ChatReply:
            assert ledger.intended.wait(10)
            return ANSWER

        metered(ScriptedChatModel(answer_once_the_intent_stands), ledger, "beside").reply(a_request(), PURPOSE)
        assert ledger.written == [("uncertain", UNSETTLED), ("completed", None)]
        assert len(ledger.events) == 1

    def test_a_stream_closed_early_settles_its_intent(self) -> None:
        ledger = WatchedLedger()
        stream = metered(ScriptedChatModel(ANSWER), ledger, "beside").stream(a_request(), PURPOSE)
        next(stream)
        assert ledger.intended.wait(10)
        stream.close()  # type: ignore[attr-defined]
        assert ledger.written == [("uncertain", UNSETTLED), ("interrupted", "GeneratorExit")]
        assert [event.outcome for event in ledger.events] == ["interrupted"]


class TestLedgerFailure:
    def test_a_paid_answer_survives_it_and_the_event_goes_to_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        service = metered(ScriptedChatModel(ANSWER), InMemoryLedger(failing=OSError("table is gone")), "beside")
        with caplog.at_level(logging.ERROR):
            reply = service.reply(a_request(text="a secret"), PURPOSE)
            *_, streamed = service.stream(a_request(text="a secret"), PURPOSE)
        assert reply.text == ANSWER.text
        assert isinstance(streamed, MeteredReply)
        assert service.unrecorded == 2
        line = json.loads(caplog.records[0].getMessage())
        assert (line["message"], line["error"]) == ("ledger event not recorded", "OSError")
        assert line["event"]["cost_usd"] == "0.0020000000"
        assert line["event"]["usage"]["input_tokens"] == 1000
        assert "secret" not in caplog.text
        assert ANSWER.text not in caplog.text

    def test_the_provider_s_error_is_not_hidden_by_the_ledger_s(self) -> None:
        models = ScriptedChatModel(ModelThrottledError("slow down"))
        service = metered(models, InMemoryLedger(failing=OSError("down")), "beside")
        with pytest.raises(ModelThrottledError):
            service.reply(a_request(), PURPOSE)
        assert service.unrecorded == 1


def test_resolve_is_the_catalogue_s() -> None:
    service = metered(ScriptedChatModel(ANSWER), InMemoryLedger())
    assert service.resolve("fast") == CATALOG.resolve("fast")


def test_ids_and_times_come_by_themselves() -> None:
    ledger = InMemoryLedger()
    service = MeteredModels(models=ScriptedChatModel(ANSWER), catalog=CATALOG, ledger=ledger)
    service.reply(a_request(), PURPOSE)
    service.reply(a_request(), PURPOSE)
    assert len({event.call_id for event in ledger.events}) == 2
    assert all(event.at.tzinfo is not None for event in ledger.events)


def never_sent(ledger: InMemoryLedger, reads: int, intents: IntentTiming) -> bool:
    return reads == 0 or (intents == "before" and ledger.failing is not None)


def watching(ledger: InMemoryLedger, seen: list[list[LedgerEvent]]) -> ScriptedChatModel:
    """A model that notes the newest row in the ledger when it is asked."""

    def answer(_: ChatRequest) -> ChatReply:
        seen.append(ledger.events[-1:])
        return ANSWER

    return ScriptedChatModel(answer)


class WatchedLedger(InMemoryLedger):
    """Notes what is written, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.intended = Event()
        self.written: list[tuple[str, str | None]] = []

    def intend(self, intent: LedgerEvent) -> None:
        super().intend(intent)
        self.written.append((intent.outcome, intent.error_code))
        self.intended.set()

    def record(self, event: LedgerEvent) -> None:
        super().record(event)
        self.written.append((event.outcome, event.error_code))


class Failing:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def reply(self, request: ChatRequest) -> ChatReply:
        raise self.error


class HalfAnswer:
    def stream(self, request: ChatRequest) -> object:
        return iter(["Good", " morning"])
