"""Reranking improves the order of passages where it works, is paid once, and never takes an answer away."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from lambdas.shared.domain import errors
from lambdas.shared.domain.model_card import Prices
from lambdas.shared.domain.reranker import billed_queries
from tests.fakes.passages import ReversingReranker, passage
from tests.unit.rag.stage import ASKED, BRIDGE, MILL, RERANK_CARD, Stage

# Retrieval puts the mill first; the reranker, the bridge.
CITED_SECOND = 'It was completed in 1803. [2: "completed in the autumn of 1803"]'
QUERY_USD = Decimal("0.001")


def stage_of(*, floor: float = 0.0, said: str = CITED_SECOND, **reranker: object) -> Stage:
    return Stage(said, reranker=ReversingReranker(**reranker), rerank_floor=floor)  # type: ignore[arg-type]


class TestDone:
    def test_its_order_and_its_scores_are_the_answers(self) -> None:
        answer = stage_of().ask()
        assert [(each.id, each.score) for each in answer.passages] == [("p2", 0.9), ("p1", 0.8)]
        assert (answer.reranking, answer.grounded, answer.citations[0].score) == ("done", True, 0.8)

    def test_it_is_one_row_on_the_callers_account_and_in_the_price(self) -> None:
        stage = stage_of()
        answer = stage.ask()
        rerank, model = stage.ledger.events
        assert (rerank.tenant, rerank.operation, rerank.reference) == ("acme", "rag.rerank", answer.conversation_id)
        assert (rerank.model, rerank.outcome, rerank.error_code) == ("acme.rerank-v1:0", "completed", None)
        assert (rerank.cost_usd, rerank.prices_as_of, rerank.estimated) == (QUERY_USD, "2026-11-25", False)
        assert model.cost_usd is not None
        assert (answer.bill.usd, answer.bill.usage) == (model.cost_usd + QUERY_USD, model.usage)

    def test_its_row_stands_while_it_is_under_way(self) -> None:
        seen: list[tuple[str, str, str | None]] = []
        stage = stage_of(meanwhile=lambda: seen.extend((e.operation, e.outcome, e.error_code) for e in events()))
        events = lambda: stage.ledger.events  # noqa: E731
        stage.find.find(ASKED)
        assert seen == [("rag.rerank", "uncertain", "unsettled")]

    def test_passages_below_its_floor_are_none(self) -> None:
        answer = stage_of(floor=0.85, said="NOT_IN_THE_PASSAGES").ask()
        assert [each.id for each in answer.passages] == ["p2"]

    def test_where_its_floor_leaves_none_the_answer_is_a_refusal_that_cost_the_reranking_alone(self) -> None:
        stage = stage_of(floor=1.0)
        answer = stage.ask()
        assert (answer.refusal, answer.reranking, answer.bill.usd) == ("no_passages", "done", QUERY_USD)
        assert stage.model.requests == []

    def test_passages_alone_are_reranked_and_paid_as_well(self) -> None:
        stage = stage_of()
        found = stage.find.find(replace(ASKED, top_k=1))
        assert ([each.id for each in found.passages], found.reranking) == (["p2"], "done")
        assert (found.bill.usd, stage.ledger.events[0].reference) == (QUERY_USD, "passages")

    def test_a_price_that_is_not_known_makes_the_cost_unknown(self) -> None:
        stage = Stage(CITED_SECOND, reranker=ReversingReranker(), rerank_card=RERANK_CARD._replace(prices=Prices()))
        assert (stage.ask().bill.usd, stage.ledger.events[0].cost_usd) == (None, None)


class TestNotAsked:
    def test_where_there_is_none(self) -> None:
        answer = Stage().ask()
        assert (answer.reranking, [each.id for each in answer.passages]) == ("off", ["p1", "p2"])

    def test_where_nothing_was_found(self) -> None:
        stage = stage_of()
        answer = stage.ask("Who invented radium?")
        assert (answer.refusal, answer.reranking, stage.operations) == ("no_passages", "off", [])


class TestFailed:
    @pytest.mark.parametrize(
        "error",
        [errors.ModelThrottledError("slow"), errors.ModelNotEnabledError("no"), errors.ModelRefusedRequestError("no")],
    )
    def test_a_refusal_leaves_retrievals_order_and_costs_nothing(
        self, error: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        stage = Stage(reranker=ReversingReranker(failing=error))
        answer = stage.ask()
        assert (answer.reranking, answer.grounded) == ("unavailable", True)
        plain = Stage().ask().passages
        assert answer.passages == plain
        rerank, model = stage.ledger.events
        assert (rerank.outcome, rerank.cost_usd, answer.bill.usd) == ("refused", Decimal(0), model.cost_usd)
        assert "not reranked" in caplog.text and MILL.text not in caplog.text

    def test_no_answer_from_it_leaves_the_cost_unknown(self) -> None:
        stage = Stage(reranker=ReversingReranker(failing=errors.ModelUnavailableError("timeout")))
        answer = stage.ask()
        assert (answer.reranking, answer.grounded, answer.bill.usd) == ("unavailable", True, None)
        assert stage.ledger.events[0].outcome == "uncertain"
        assert stage.ledger.events[0].error_code == errors.ModelUnavailableError.code

    def test_retrievals_order_is_cut_to_what_was_wanted_and_not_held_to_the_other_floor(self) -> None:
        failing = ReversingReranker(failing=errors.ModelThrottledError("slow"))
        many = [passage(n, f"The mill was completed in {n}") for n in range(1, 9)]
        stage = Stage(passages={"acme": many}, reranker=failing, rerank_floor=1.0, top_k=3)
        assert [each.id for each in stage.find.find(ASKED).passages] == ["p1", "p2", "p3"]

    def test_a_defect_is_not_hidden_and_is_on_the_ledger(self) -> None:
        stage = Stage(reranker=ReversingReranker(failing=KeyError("results")))
        with pytest.raises(KeyError):
            stage.ask()
        assert stage.operations == [("rag.rerank", "uncertain")]
        assert stage.store.all_conversations() == []

    def test_without_a_row_nothing_is_sent(self) -> None:
        reranker = ReversingReranker()
        stage = Stage(reranker=reranker)
        stage.ledger.failing = OSError("down")
        with pytest.raises(errors.LedgerUnavailableError):
            stage.find.find(ASKED)
        assert reranker.asked == []

    def test_a_ledger_that_fails_at_the_end_takes_nothing_away(self, caplog: pytest.LogCaptureFixture) -> None:
        stage = stage_of(meanwhile=lambda: setattr(stage.ledger, "failing", OSError("down")))
        found = stage.find.find(ASKED)
        assert ([each.id for each in found.passages], found.bill.usd) == (["p2", "p1"], QUERY_USD)
        assert "ledger event not recorded" in caplog.text


class TestBilledQueries:
    @pytest.mark.parametrize(("count", "queries"), [(1, 1), (100, 1), (101, 2), (350, 4)])
    def test_one_holds_a_hundred_passages(self, count: int, queries: int) -> None:
        assert billed_queries("q", [BRIDGE] * count) == (queries, False)

    def test_long_passages_count_as_several_by_estimate(self) -> None:
        long = passage(1, "The mill was completed in the autumn of that year. " * 60)
        queries, estimated = billed_queries("q", [long] * 100)
        assert queries > 1 and estimated
        assert billed_queries("q", [long] * 10) == (1, False), "all of its pieces fit into one"

    def test_a_question_leaves_less_room_and_never_none(self) -> None:
        half = passage(1, "word " * 200)
        assert billed_queries("q", [half] * 100)[0] < billed_queries("why " * 240, [half] * 100)[0]
        assert billed_queries("why " * 2_000, [BRIDGE])[0] >= 1
