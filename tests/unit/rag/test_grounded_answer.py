"""An answer stands on verified citations, or it is a refusal; nothing is paid that need not be, nothing is lost."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from lambdas.shared.domain import errors
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.metadata_filter import Comparison
from lambdas.shared.services.answer_from_passages import PassageQuestion, passages_that_fit
from lambdas.shared.services.rag_question import NOT_FOUND, RagAnswer, RagStarted
from tests.fakes.guardrails import GUARDRAIL, blocked_input, blocked_output
from tests.fakes.models import model_card
from tests.fakes.passages import (
    EMBEDDED,
    InMemoryPassageRetriever,
    ReversingReranker,
    ScriptedGroundingChecker,
    passage,
)
from tests.unit.rag.stage import ANN, ASKED, BRIDGE, CITED, KEY, MILL, Stage

UNCITED = "It was completed in 1803."


def standalone(question: str) -> str:
    return json.dumps({"standalone_question": question})


class TestAnswer:
    def test_has_its_citations_and_passages(self) -> None:
        answer = Stage().ask()
        assert (answer.answer, answer.grounded, answer.refusal) == ("It was completed in 1803.", True, None)
        (citation,) = answer.citations
        assert answer.answer[citation.start : citation.end] == "It was completed in 1803."
        assert (citation.passage_id, citation.quote) == ("p1", "completed in the autumn of 1803")
        assert [each.id for each in answer.passages] == ["p1", "p2"]
        assert (answer.query, answer.model, answer.stop_reason) == (ASKED.question, "acme.small-v1:0", "end_turn")

    def test_is_one_call_on_the_callers_account(self) -> None:
        stage = Stage()
        answer = stage.ask()
        (event,) = stage.ledger.events
        assert (event.tenant, event.operation, event.reference) == ("acme", "rag.answer", answer.conversation_id)
        assert (answer.bill.usage, answer.bill.usd) == (event.usage, event.cost_usd)

    def test_passages_are_in_the_users_message_alone(self) -> None:
        stage = Stage()
        stage.ask()
        (request,) = stage.model.requests
        assert MILL.text not in (request.system or "")
        assert MILL.text in request.messages[-1].text
        assert request.messages[-1].guarded
        assert f'<passage number="1" key="{KEY}">' in request.messages[-1].text

    def test_the_turn_is_stored_without_citation_marks(self) -> None:
        stage = Stage()
        answer = stage.ask()
        assert stage.texts(answer.conversation_id) == [ASKED.question, "It was completed in 1803."]

    def test_links_of_passages_do_not_get_out(self) -> None:
        stage = Stage(f"{CITED} See https://evil.example/?q=1")
        answer = stage.ask()
        assert (answer.answer.endswith("See [link removed]"), answer.links_removed) == (True, 1)


class TestRefusal:
    def test_nothing_near_enough_costs_nothing(self) -> None:
        stage = Stage()
        answer = stage.ask("Who invented radium?")
        assert (answer.answer, answer.grounded, answer.refusal) == (NOT_FOUND, False, "no_passages")
        assert (stage.model.requests, answer.bill.usd, answer.stop_reason) == ([], Decimal(0), None)
        assert stage.texts(answer.conversation_id) == ["Who invented radium?", NOT_FOUND]

    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            ("NOT_IN_THE_PASSAGES", "not_in_passages"),
            ("I looked. NOT_IN_THE_PASSAGES", "not_in_passages"),
            (UNCITED, "unsupported"),
            ('It was completed in 1804. [1: "completed in the autumn of 1804"]', "unsupported"),
            ('It was completed in 1803. [7: "completed in the autumn of 1803"]', "unsupported"),
            ("", "unsupported"),
            (f"{CITED} {KEY}", "unsupported"),
        ],
    )
    def test_an_answer_that_does_not_stand_is_withdrawn_and_its_price_told(self, said: str, reason: str) -> None:
        stage = Stage(said)
        answer = stage.ask()
        assert (answer.answer, answer.grounded, answer.refusal) == (NOT_FOUND, False, reason)
        assert answer.citations == ()
        assert answer.bill.usd is not None and answer.bill.usd > 0
        assert stage.texts(answer.conversation_id) == [ASKED.question, NOT_FOUND]

    def test_the_prompts_own_words_are_no_answer(self) -> None:
        stage = Stage(lambda request: f"{CITED} {request.system}")
        assert stage.ask().refusal == "unsupported"


class TestGrounding:
    def test_only_what_was_cited_is_assessed_and_its_price_is_added(self) -> None:
        checker = ScriptedGroundingChecker()
        stage = Stage(checker=checker)
        answer = stage.ask()
        (asked,) = checker.asked
        assert (asked.query, asked.answer, asked.sources) == (ASKED.question, answer.answer, [MILL.text])
        model, check = stage.ledger.events
        assert (check.operation, check.outcome, check.cost_usd) == ("rag.grounding", "completed", Decimal("0.0003"))
        assert answer.bill.usd == (model.cost_usd or 0) + Decimal("0.0003")
        assert (answer.grounding_check, answer.grounded) == ("passed", True)

    def test_an_objection_withdraws_the_answer(self) -> None:
        stage = Stage(checker=ScriptedGroundingChecker(grounded=False))
        answer = stage.ask()
        assert (answer.answer, answer.refusal, answer.grounding_check) == (NOT_FOUND, "ungrounded", "failed")
        assert stage.operations[-1] == ("rag.grounding", "blocked")

    def test_beyond_its_limits_it_is_not_asked_and_that_is_said(self) -> None:
        checker = ScriptedGroundingChecker()
        long = passage(1, "mill " + "completed in 1803 " * 400)
        stage = Stage(
            f'{"It was completed in 1803 " * 240} [1: "completed in 1803"]', passages={"acme": [long]}, checker=checker
        )
        answer = stage.ask()
        assert (answer.grounded, answer.grounding_check, checker.asked) == (True, "skipped", [])

    @pytest.mark.parametrize(
        ("error", "outcome", "known"),
        [
            (errors.ModelThrottledError("slow"), "refused", True),
            (errors.ModelUnavailableError("gone"), "uncertain", False),
        ],
    )
    def test_one_that_fails_takes_no_paid_answer_away(self, error: Exception, outcome: str, known: bool) -> None:
        stage = Stage(checker=ScriptedGroundingChecker(failing=error))
        answer = stage.ask()
        assert (answer.grounded, answer.grounding_check) == (True, "unavailable")
        assert stage.operations[-1] == ("rag.grounding", outcome)
        assert (answer.bill.usd is not None) is known

    def test_a_defect_is_an_error(self) -> None:
        stage = Stage(checker=ScriptedGroundingChecker(failing=KeyError("defect")))
        with pytest.raises(KeyError):
            stage.ask()
        assert stage.store.all_conversations() == []
        assert stage.operations[-1] == ("rag.grounding", "uncertain")


class TestRetrieval:
    def test_the_tenant_is_the_callers_and_the_filter_goes_along(self) -> None:
        stage = Stage(passages={"acme": [MILL], "rival": [BRIDGE]})
        condition = Comparison("year", "$lt", 1810)
        stage.ask(filter=condition, top_k=3)
        (query,) = stage.retriever.asked
        assert (query.tenant, query.filter, query.top_k, query.text) == ("acme", condition, 3, ASKED.question)

    def test_a_collection_is_searched_instead(self) -> None:
        stage = Stage(collections={("acme", "mills"): InMemoryPassageRetriever({"acme": [MILL]})})
        answer = stage.ask(collection="mills")
        assert ([each.id for each in answer.passages], stage.retriever.asked) == (["p1"], [])
        (event,) = stage.ledger.events
        assert answer.bill.usage == event.usage.plus(EMBEDDED.usage)
        assert answer.bill.usd == (event.cost_usd or 0) + Decimal("0.0001")

    def test_an_unknown_collection_costs_nothing_and_leaves_nothing(self) -> None:
        stage = Stage(collections={("rival", "mills"): InMemoryPassageRetriever()})
        with pytest.raises(errors.NotFoundError):
            stage.ask(collection="mills")
        assert (stage.model.requests, stage.store.all_conversations()) == ([], [])

    def test_what_says_that_it_is_anothers_is_dropped_and_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        foreign = MILL._replace(id="foreign", metadata={"tenant": "rival"})
        stage = Stage(passages={"acme": [foreign, MILL]})
        assert [each.id for each in stage.ask().passages] == ["p1"]
        assert "another tenant" in caplog.text

    def test_reserved_metadata_is_not_shown(self) -> None:
        mine = MILL._replace(metadata={"tenant": "acme", "AMAZON_BEDROCK_TEXT": "x", "year": 1803})
        assert Stage(passages={"acme": [mine]}).ask().passages[0].metadata == {"year": 1803}

    def test_a_reranker_chooses_among_more_and_the_floor_comes_first(self) -> None:
        reranker = ReversingReranker()
        many = [passage(n, f"The mill was completed in {n}", score=0.5 if n < 15 else 0.1) for n in range(1, 30)]
        stage = Stage("NOT_IN_THE_PASSAGES", passages={"acme": many}, reranker=reranker, top_k=6)
        answer = stage.ask()
        assert stage.retriever.asked[0].top_k == 24
        assert reranker.asked == [14]
        assert [each.id for each in answer.passages] == ["p14", "p13", "p12", "p11", "p10", "p9"]

    def test_a_failing_retriever_surfaces_and_frees_the_conversation(self) -> None:
        stage = Stage()
        first = stage.ask()
        stage.retriever.failing = errors.ModelThrottledError("slow")
        stage.model.then(standalone("When?"))
        with pytest.raises(errors.ModelThrottledError):
            stage.ask("When?", conversation_id=first.conversation_id)
        stage.retriever.failing = None
        stage.model.then(standalone("When was the mill completed?"), CITED)
        assert stage.ask("When?", conversation_id=first.conversation_id).grounded

    def test_passages_that_do_not_fit_the_model_are_left_out_and_not_shown(self) -> None:
        many = [passage(n, f"The mill was completed in {n}. " * 60, score=1 - n / 100) for n in range(1, 9)]
        small = model_card(context_tokens=5_000)
        stage = Stage("NOT_IN_THE_PASSAGES", passages={"acme": many}, cards=[small], top_k=8)
        shown = stage.ask().passages
        assert 1 <= len(shown) < 8
        assert shown == tuple(stage.retriever.retrieve(stage.retriever.asked[0]))[: len(shown)]
        asked = PassageQuestion("q", "q", shown, True, lambda: 1.0)
        assert passages_that_fit(asked, model_card(context_tokens=None), "") == shown


class TestConversation:
    def test_a_second_question_is_understood_by_the_first(self) -> None:
        stage = Stage(CITED, standalone("Who completed the mill?"), CITED)
        first = stage.ask()
        second = stage.ask("Who did it?", conversation_id=first.conversation_id)
        assert (second.conversation_id, second.query) == (first.conversation_id, "Who completed the mill?")
        _, rewriting, answering = stage.model.requests
        assert "User: When was the mill completed?\nAssistant: It was completed in 1803." in rewriting.messages[0].text
        assert answering.messages[0].text.endswith("Question: Who did it?\nIn full: Who completed the mill?")
        assert len(stage.texts(first.conversation_id)) == 4
        assert stage.operations == [
            ("rag.answer", "completed"),
            ("rag.rewrite", "completed"),
            ("rag.answer", "completed"),
        ]
        rewritten, answered = stage.ledger.events[1:]
        assert second.bill.usage == rewritten.usage.plus(answered.usage)

    @pytest.mark.parametrize(
        "rewritten",
        ["no JSON", "{}", '{"standalone_question": 5}', '["x"]', standalone(" "), standalone("x" * 1001)],
    )
    def test_without_a_rewriting_the_question_is_searched_as_it_stands(self, rewritten: str) -> None:
        stage = Stage(CITED, rewritten, CITED)
        first = stage.ask()
        second = stage.ask("And when completed, the mill?", conversation_id=first.conversation_id)
        assert (second.query, second.grounded) == ("And when completed, the mill?", True)

    def test_a_model_that_cannot_rewrite_now_stops_nobody(self) -> None:
        stage = Stage(CITED)
        first = stage.ask()
        stage.model.then(errors.ModelThrottledError("slow"), CITED)
        assert stage.ask("The mill?", conversation_id=first.conversation_id).query == "The mill?"

    def test_a_busy_conversation_is_refused_before_anything_is_paid(self) -> None:
        stage = Stage()
        first = stage.ask()
        running = stage.rag.stream(ASKED.__class__(ANN, "mill completed?", first.conversation_id))
        next(running)
        before = len(stage.model.requests)
        with pytest.raises(errors.ConversationBusyError):
            stage.ask(conversation_id=first.conversation_id)
        assert len(stage.model.requests) == before
        running.close()
        assert stage.ask(conversation_id=first.conversation_id).grounded

    @pytest.mark.parametrize("conversation_id", ["nonsense", "conv_" + "0" * 26])
    def test_an_unknown_one_is_refused(self, conversation_id: str) -> None:
        stage = Stage()
        with pytest.raises((errors.InvalidInputError, errors.NotFoundError)):
            stage.ask(conversation_id=conversation_id)
        assert stage.model.requests == []

    def test_a_failing_store_is_an_error_and_frees_it(self) -> None:
        stage = Stage()
        stage.store.failing["commit"] = OSError("no network")
        with pytest.raises(OSError, match="no network"):
            stage.ask()
        assert stage.store.all_conversations() == []


class TestQuestion:
    @pytest.mark.parametrize("question", ["", "  \n", "x" * 10_001])
    def test_a_blank_or_endless_one_is_refused(self, question: str) -> None:
        stage = Stage()
        with pytest.raises(errors.InvalidInputError) as refusal:
            stage.ask(question)
        assert refusal.value.errors[0].pointer == "/question"
        assert (stage.retriever.asked, stage.store.all_conversations()) == ([], [])

    def test_a_long_one_is_shortened_by_a_model_and_answered_whole(self) -> None:
        long = "When was the mill completed? " * 340
        stage = Stage(standalone("When was the mill completed?"), CITED)
        answer = stage.ask(long)
        assert (answer.query, answer.grounded) == ("When was the mill completed?", True)
        assert stage.retriever.asked[0].text == "When was the mill completed?"
        assert long in stage.model.requests[-1].messages[0].text

    @pytest.mark.parametrize(("script", "rewriting"), [("no JSON", True), (CITED, False)])
    def test_one_that_cannot_be_shortened_is_refused_and_never_cut(self, script: str, rewriting: bool) -> None:
        stage = Stage(script, rewriting=rewriting)
        with pytest.raises(errors.InvalidInputError, match="2,000 characters"):
            stage.ask("mill " * 400)
        assert (stage.retriever.asked, stage.store.all_conversations()) == ([], [])

    def test_an_unknown_model_names_the_field(self) -> None:
        with pytest.raises(errors.UnknownModelError) as refusal:
            Stage().ask(model="nobody.knows-it")
        assert refusal.value.errors[0].pointer == "/model"

    def test_a_model_that_does_not_chat_is_refused(self) -> None:
        stage = Stage(cards=[model_card(), model_card("acme.embed-v1:0", kind="embedding")])
        with pytest.raises(errors.UnknownModelError, match="no chat model"):
            stage.ask(model="acme.embed-v1:0")


class TestStream:
    def test_the_pieces_are_the_answer(self) -> None:
        started, *pieces, done = Stage().stream()
        assert isinstance(started, RagStarted) and isinstance(done, RagAnswer)
        assert "".join(map(str, pieces)) == done.answer == "It was completed in 1803."
        assert len(pieces) > 1
        assert (started.conversation_id, done.grounded) == (done.conversation_id, True)

    @pytest.mark.parametrize("strict", [True, False])
    def test_a_refusal_before_the_model_is_a_piece(self, strict: bool) -> None:
        _, piece, done = Stage().stream("Who invented radium?", strict=strict)
        assert piece == NOT_FOUND
        assert isinstance(done, RagAnswer) and not done.grounded

    def test_what_does_not_stand_is_withdrawn_at_the_end(self) -> None:
        _, *pieces, done = Stage(UNCITED).stream()
        assert "".join(map(str, pieces)) == UNCITED
        assert isinstance(done, RagAnswer)
        assert (done.grounded, done.answer) == (False, NOT_FOUND)

    def test_strict_sends_no_word_before_it_stands(self) -> None:
        _, piece, done = Stage(UNCITED).stream(strict=True)
        assert piece == NOT_FOUND
        _, piece, done = Stage().stream(strict=True)
        assert isinstance(done, RagAnswer) and piece == done.answer == "It was completed in 1803."

    def test_the_word_for_not_found_is_never_sent(self) -> None:
        _, piece, done = Stage("NOT_IN_THE_PASSAGES").stream()
        assert piece == NOT_FOUND
        assert isinstance(done, RagAnswer) and done.refusal == "not_in_passages"

    def test_a_break_stores_nothing_and_is_on_the_ledger(self) -> None:
        stage = Stage(interrupt_after=2)
        with pytest.raises(errors.ModelStreamInterruptedError):
            stage.stream()
        assert (stage.store.all_conversations(), stage.operations) == ([], [("rag.answer", "interrupted")])

    def test_a_client_that_hangs_up_ends_the_call_and_frees_the_conversation(self) -> None:
        stage = Stage()
        running = stage.rag.stream(ASKED)
        next(running)
        next(running)
        running.close()
        assert (stage.model.closed_streams, stage.store.all_conversations()) == (1, [])
        assert stage.operations == [("rag.answer", "interrupted")]

    def test_an_answer_that_takes_too_long_is_given_up(self) -> None:
        stage = Stage()
        with pytest.raises(errors.ModelStreamInterruptedError, match="longer than one request"):
            stage.stream(remaining_seconds=lambda: 4.0)

    def test_a_model_that_cannot_stream_answers_at_once(self) -> None:
        _, piece, done = Stage(cards=[model_card(capabilities={"streaming": False})]).stream()
        assert isinstance(done, RagAnswer) and piece == done.answer


class TestBlocked:
    @pytest.mark.parametrize("strict", [True, False])
    @pytest.mark.parametrize("reply", [blocked_input(), blocked_output()])
    def test_leaves_no_conversation(self, reply: Any, strict: bool) -> None:
        stage = Stage(reply, guardrail=GUARDRAIL)
        with pytest.raises(errors.BlockedByGuardrailError):
            stage.stream(strict=strict)
        assert (stage.store.all_conversations(), stage.operations) == ([], [("rag.answer", "blocked")])

    def test_the_passages_go_along_to_be_assessed(self) -> None:
        stage = Stage(guardrail=GUARDRAIL)
        stage.ask()
        assert stage.model.requests[0].guardrail is GUARDRAIL
        assert stage.ledger.events[0].usage != TokenUsage(0, 0)
