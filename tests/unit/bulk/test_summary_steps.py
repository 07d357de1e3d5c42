"""What is done with a document's text in a bulk run: requests, merging, storing, asking on demand, the ledger."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.domain.bulk.document_preparing import PreparedDocument
from lambdas.shared.domain.bulk.document_steps import JobSettlement
from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE
from lambdas.shared.domain.bulk.record_result import RecordResult
from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.chat_model import ChatRequest
from lambdas.shared.domain.errors import BlockedByGuardrailError, ModelThrottledError, ModelUnavailableError
from lambdas.shared.domain.guardrail import CheckedText, Guardrail, GuardrailPrices, GuardrailReport
from lambdas.shared.domain.slots import NoSlotError
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.services.bulk.ask_on_demand import AskOnDemand
from lambdas.shared.services.bulk.content_policy import Assessed, BulkContentPolicy
from lambdas.shared.services.bulk.give_up import GiveUp
from lambdas.shared.services.bulk.job_events import JobEvents
from lambdas.shared.services.bulk.keep_summary import KeepSummary
from lambdas.shared.services.bulk.merge_summaries import MergeSummaries
from lambdas.shared.services.bulk.overlapped import overlapped
from lambdas.shared.services.bulk.prepare_summary import PrepareSummary
from lambdas.shared.services.bulk.settle_documents import Asked, SettleDocuments
from lambdas.shared.services.bulk.tenant_requests import TenantRequests
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.model_slots import ModelSlots
from tests.fakes.bulk import InMemoryBulkRunStore
from tests.fakes.documents import NOON, SUMMARY, InMemoryDocumentStore
from tests.fakes.guardrails import GUARDRAIL, UNITS, InMemoryGuardrailChecker
from tests.fakes.models import InMemoryLedger, ScriptedChatModel, small_catalog
from tests.fakes.objects import InMemoryObjectStore
from tests.fakes.slots import InMemorySlots
from tests.fakes.summaries import InMemoryTenantOptions, StaticPrompts

RUN = BulkRun("run_1", "acme", "s3://docs/bulk/acme/", "acme.small-v1:0", CONSERVATIVE)
ANSWER = json.dumps(SUMMARY.as_json())
KEY = "bulk/acme/a.txt"
PRICES = GuardrailPrices(Decimal("0.15"), Decimal("0.15"), Decimal("0.10"), as_of="2026-11-21")


class FixedMoments:
    """`JobMoments` that remember, as the real ones do."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], datetime] = {}

    def moment(self, run_id: str, job_name: str) -> datetime:
        return self.known.setdefault((run_id, job_name), NOON + timedelta(days=len(self.known)))


class Bench:
    """The steps over fakes; `mode` is the setting `bulk_guardrail`."""

    def __init__(self, mode: str = "none", *, section_tokens: int = 60_000) -> None:
        self.objects, self.documents = InMemoryObjectStore(), InMemoryDocumentStore()
        self.ledger, self.checker = InMemoryLedger(), InMemoryGuardrailChecker()
        self.tenants = InMemoryTenantOptions()
        self._ids = count()
        self.requests = TenantRequests(
            prompts=SummaryPrompts(StaticPrompts(), section_tokens),
            tenants=self.tenants,
            options=SummaryOptions(style="brief", language="document"),
            catalog=small_catalog(),
        )
        self.keeper = KeepSummary(
            objects=self.objects,
            documents=self.documents,
            requests=self.requests,
            policy=self.policy(GUARDRAIL if mode != "none" else None),
            results_bucket="results",
            now=lambda: NOON,
        )
        self.preparer = PrepareSummary(
            objects=self.objects,
            documents=self.documents,
            reader=DocumentTextReader(),
            requests=self.requests,
            policy=self.policy(GUARDRAIL if mode == "both" else None),
            keeper=self.keeper,
        )

    def policy(self, guardrail: Guardrail | None) -> BulkContentPolicy:
        return BulkContentPolicy(
            guardrail=guardrail,
            checker=self.checker,
            prices=PRICES,
            ledger=self.ledger,
            now=lambda: NOON,
            new_id=lambda: str(next(self._ids)),
        )

    def put(self, body: bytes, key: str = KEY) -> Entry:
        self.objects.write("docs", key, body, content_type="", owner="")
        return Entry("docs", key, len(body))

    def prepared(self, body: bytes) -> PreparedDocument:
        prepared = self.preparer.prepare(RUN, self.put(body))
        assert isinstance(prepared, PreparedDocument), prepared
        return prepared

    def answered(self, body: bytes = b"A quiet year.", answer: str = ANSWER) -> DocumentWork:
        work = self.prepared(body).work
        return work.settled({id_: RecordResult(answer, None, Spent(Decimal("0.01"))) for id_ in work.open})

    def result(self, key: str) -> Any:
        return json.loads(self.objects.read("results", key))


class TestPreparing:
    def test_a_short_document_is_one_converse_request_with_its_text(self) -> None:
        prepared = Bench().prepared(b"A quiet year.")
        (body,) = prepared.requests
        assert set(body) == {"messages", "system", "inferenceConfig"}
        assert "A quiet year." in json.dumps(body)
        assert prepared.work.open == (f"{prepared.work.document_id}_0_00000",)

    def test_a_long_document_is_a_request_for_each_section(self) -> None:
        prepared = Bench(section_tokens=1000).prepared(b"Nothing happened on that day either. " * 1000)
        assert prepared.work.sections == len(prepared.requests) == len(prepared.work.open) > 2

    @pytest.mark.parametrize(
        ("body", "code"), [(b"\0\1\2" * 40, "not_text"), (b"", "empty_document"), (b" \n ", "empty_document")]
    )
    def test_a_document_that_cannot_be_read_ends_with_its_reason(self, body: bytes, code: str) -> None:
        bench = Bench()
        outcome = bench.preparer.prepare(RUN, bench.put(body))
        assert isinstance(outcome, Outcome) and (outcome.kind, outcome.code) == ("failed", code)

    def test_a_document_that_is_gone_ends_as_deleted(self) -> None:
        outcome = Bench().preparer.prepare(RUN, Entry("docs", "bulk/acme/gone.txt", 5))
        assert isinstance(outcome, Outcome) and outcome.code == "deleted"

    def test_a_document_that_is_too_large_is_not_even_read(self) -> None:
        outcome = Bench().preparer.prepare(RUN, Entry("docs", "bulk/acme/huge.txt", 10**12))
        assert isinstance(outcome, Outcome) and outcome.code == "document_too_large"

    def test_what_the_tenant_has_a_summary_of_is_skipped_and_has_its_result(self) -> None:
        bench = Bench()
        bench.keeper.keep(RUN, bench.answered(b"The same words."))
        outcome = bench.preparer.prepare(RUN, bench.put(b"The same words.", "bulk/acme/copy.txt"))
        assert isinstance(outcome, Outcome) and outcome.kind == "skipped" and outcome.result_key
        assert bench.result(outcome.result_key)["reused"] is True
        assert bench.result(outcome.result_key)["cost_usd"] == 0
        assert outcome.summary == SUMMARY
        assert bench.preparer.prepare(RUN, Entry("docs", "bulk/acme/copy.txt")) == outcome, "as often as it is prepared"

    def test_other_options_make_another_summary(self) -> None:
        bench = Bench()
        bench.keeper.keep(RUN, bench.answered(b"The same words."))
        bench.tenants.chosen["acme"] = SummaryOptions(style="detailed", language="fr")
        later = BulkRun("run_2", "acme", RUN.source, RUN.model_id, CONSERVATIVE)
        assert isinstance(bench.preparer.prepare(later, bench.put(b"The same words.")), PreparedDocument)

    def test_a_document_that_the_policy_blocks_is_never_sent(self) -> None:
        bench = Bench("both")
        outcome = bench.preparer.prepare(RUN, bench.put(b"Something forbidden."))
        assert isinstance(outcome, Outcome) and outcome.code == "blocked_by_guardrail"
        assert [event.outcome for event in bench.ledger.events] == ["blocked"]

    def test_a_document_that_the_policy_masks_is_sent_masked(self) -> None:
        body = json.dumps(Bench("both").prepared(b"Card 4111.").requests)
        assert "4111" not in body and "CREDIT_DEBIT_CARD_NUMBER" in body

    def test_documents_are_not_assessed_unless_the_setting_says_so(self) -> None:
        bench = Bench("output")
        bench.prepared(b"Something forbidden.")
        assert bench.checker.asked == []


class TestKeeping:
    def test_a_summary_is_stored_for_programs_and_for_people(self) -> None:
        bench = Bench()
        outcome = bench.keeper.keep(RUN, bench.answered())
        assert outcome.summary == SUMMARY
        key = outcome.result_key or ""
        assert key == f"summaries/acme/_bulk/docs/{KEY}.summary.json"
        result = bench.result(key)
        assert (result["title"], result["cost_usd"], result["usage"], result["calls"]) == (
            SUMMARY.title,
            0.01,
            None,
            None,
        )
        assert SUMMARY.title.encode() in bench.objects.read("results", key.replace(".json", ".md"))

    def test_the_same_summary_is_stored_and_assessed_once_however_often_a_step_is_repeated(self) -> None:
        bench = Bench("output")
        work = bench.answered()
        kept = {bench.keeper.keep(RUN, work) for _ in range(3)}
        assert len(kept) == 1 and len(bench.checker.asked) == len(bench.ledger.events) == 1
        (event,) = bench.ledger.events
        assert (event.operation, event.reference, event.tenant) == ("bulk.guardrail", work.document_id, "acme")
        assert event.cost_usd == event.guardrail_usd == Decimal("0.0008")
        (outcome,) = kept
        assert outcome.spent == Spent(Decimal("0.0108"), Decimal("0.0008")), (
            "it has the cost of the assessment that was"
        )
        assert outcome.result_key is not None and bench.result(outcome.result_key)["guardrail_usd"] == 0.0008

    def test_another_run_s_assessment_is_not_this_one_s_money(self) -> None:
        bench = Bench("output")
        work = bench.answered()
        spent = [bench.keeper.keep(run, work).spent for run in (RUN, RUN._replace(run_id="run_2"))]
        assert spent[0] == spent[1] and len(bench.ledger.events) == 2

    def test_a_blocked_summary_ends_as_a_failure_and_nothing_of_it_is_stored(self) -> None:
        bench = Bench("output")
        answer = json.dumps({**SUMMARY.as_json(), "title": "forbidden"})
        work = bench.prepared(b"A quiet year.").work
        settle = SettleDocuments(merger=MergeSummaries(requests=bench.requests), keeper=bench.keeper)
        results = {id_: RecordResult(answer, None, Spent(Decimal("0.01"))) for id_ in work.open}
        outcome = settle.settle(RUN, Asked(work, ({},)), results)
        assert isinstance(outcome, Outcome) and (outcome.kind, outcome.code) == ("failed", "blocked_by_guardrail")
        assert outcome.spent == Spent(Decimal("0.0108"), Decimal("0.0008")), "both are paid for"
        assert bench.objects.keys("results") == set()

    def test_a_masked_summary_is_stored_masked(self) -> None:
        bench = Bench("output")
        work = bench.answered(answer=json.dumps({**SUMMARY.as_json(), "summary": "Card 4111."}))
        for _ in range(2):  # also when a step is repeated and finds it stored
            kept = bench.keeper.keep(RUN, work)
            assert kept.summary and kept.summary.summary == "Card {CREDIT_DEBIT_CARD_NUMBER}."
            assert bench.result(kept.result_key or "")["summary"] == kept.summary.summary

    def test_a_summary_of_which_masking_leaves_none_ends_as_a_failure_that_was_paid_for(self) -> None:
        bench = Bench("output")
        work = bench.answered()
        bench.checker.check = lambda text, **_: CheckedText("{NAME}", GuardrailReport(units=UNITS))  # type: ignore[method-assign]
        outcome = bench.keeper.keep(RUN, work)
        assert (outcome.kind, outcome.code) == ("failed", "invalid_answer")
        assert outcome.spent.guardrail_usd == Decimal("0.0008")

    def test_a_guardrail_that_does_not_answer_leaves_the_document_for_later(self) -> None:
        bench = Bench("output")
        work = bench.answered()
        bench.checker.failing = ModelThrottledError("slow down")
        with pytest.raises(ModelThrottledError):
            bench.keeper.keep(RUN, work)
        assert [(each.outcome, each.cost_usd) for each in bench.ledger.events] == [("refused", 0)]
        bench.checker.failing = None
        assert bench.keeper.keep(RUN, work).kind == "succeeded"

    def test_an_assessment_whose_answer_is_lost_is_uncertain_in_the_ledger(self) -> None:
        bench = Bench("output")
        bench.checker.failing = ModelUnavailableError("timed out")
        with pytest.raises(ModelUnavailableError):
            bench.keeper.keep(RUN, bench.answered())
        assert [(each.outcome, each.cost_usd) for each in bench.ledger.events] == [("uncertain", None)]

    def test_a_long_text_is_assessed_in_pieces_and_comes_back_whole(self) -> None:
        bench = Bench("output")
        text = "".join(f"{chr(97 + number % 26)}{chr(0x4E00 + number)}. " * 2 for number in range(7_500))
        found = bench.policy(GUARDRAIL).assess(RUN, "doc_1", text, "output")
        assert found == Assessed(text, Decimal("0.0024"))
        assert len(bench.checker.asked) == 3 and len(bench.ledger.events) == 1
        blocked = bench.policy(GUARDRAIL).assess(RUN, "doc_1", text + "forbidden", "output")
        assert blocked == Assessed("", Decimal("0.0024"), "blocked_by_guardrail")

    def test_sections_are_merged_into_fewer_requests(self) -> None:
        bench = Bench(section_tokens=1000)
        work = bench.answered(b"Nothing happened on that day either. " * 1000)
        assert work.wants_merging
        merged = MergeSummaries(requests=bench.requests).merge(RUN, work)
        assert 1 <= len(merged) < work.sections
        assert SUMMARY.title in json.dumps(merged[0])


class TestAskingOnDemand:
    def ask(
        self, *, most: int = 1, guards: bool = False, answer: str = ANSWER
    ) -> tuple[InMemoryLedger, ScriptedChatModel, Any]:
        ledger, model, catalog = InMemoryLedger(), ScriptedChatModel(answer), small_catalog()
        catalog.guardrail_prices = PRICES
        asker = AskOnDemand(
            metered=lambda id_: MeteredModels(
                models=model, catalog=catalog, ledger=ledger, now=lambda: NOON, new_id=lambda: id_,
                guardrail=GUARDRAIL if guards else None, checker=InMemoryGuardrailChecker(),
            ),
            slots=ModelSlots(InMemorySlots(), most=most, seconds=10, now=lambda: NOON),
        )  # fmt: skip
        prepared = Bench().prepared(b"A quiet year.")
        record, body = prepared.work.open[0], prepared.requests[0]
        return ledger, model, lambda: asker.ask(RUN, record, body, call_id="call-7")

    def test_the_call_stands_in_the_ledger_under_its_id_and_its_document(self) -> None:
        ledger, _, ask = self.ask()
        answer = ask()
        (event,) = ledger.events
        assert (event.call_id, event.operation, event.outcome) == ("call-7", "bulk.sweep", "completed")
        assert event.reference == Entry("docs", KEY).document_id
        assert (answer.text, answer.spent, answer.usage) == (ANSWER, Spent(event.cost_usd), event.usage)

    def test_without_a_place_nothing_is_asked_and_nothing_paid(self) -> None:
        ledger, model, ask = self.ask(most=0)
        with pytest.raises(NoSlotError):
            ask()
        assert ledger.events == [] and model.requests == []

    def test_the_answer_is_assessed_and_the_document_is_not_assessed_again(self) -> None:
        ledger, model, ask = self.ask(guards=True)
        request: ChatRequest = (answer := ask()) and model.requests[0]
        assert request.guardrail is None
        (event,) = ledger.events
        assert answer.spent == Spent(event.cost_usd, event.guardrail_usd) and event.guardrail_usd == Decimal("0.0008")

    def test_an_answer_that_is_blocked_says_what_it_has_cost(self) -> None:
        ledger, _, ask = self.ask(guards=True, answer="forbidden")
        with pytest.raises(BlockedByGuardrailError) as caught:
            ask()
        (event,) = ledger.events
        assert (caught.value.cost_usd, caught.value.guardrail_usd) == (event.cost_usd, event.guardrail_usd)
        assert event.outcome == "blocked" and event.cost_usd is not None and event.cost_usd > event.guardrail_usd > 0


class TestJobEvents:
    JOB = JobSettlement(
        "quarry-1", "arn", answers=9, uncertain=0, input_tokens=90, output_tokens=9, cost_usd=Decimal(1)
    )

    def record(self, *settlements: JobSettlement) -> InMemoryLedger:
        ledger = InMemoryLedger()
        events = JobEvents(ledger=ledger, moments=FixedMoments(), prices_as_of="2026-11-21")
        for settlement in settlements:
            events.record_job(RUN, settlement)
        return ledger

    def test_a_job_counts_once_however_often_it_is_recorded(self) -> None:
        (event,) = self.record(self.JOB, self.JOB).events
        assert (event.call_id, event.operation, event.reference) == ("quarry-1", "bulk.batch", "run_1")
        assert (event.cost_usd, event.usage.input_tokens) == (Decimal(1), 90)

    def test_answers_that_are_paid_and_were_not_found_count_as_uncertain(self) -> None:
        events = self.record(self.JOB._replace(uncertain=2)).events
        assert [(event.outcome, event.cost_usd) for event in events] == [("completed", Decimal(1)), ("uncertain", None)]

    def test_a_job_that_never_was_leaves_no_event(self) -> None:
        assert self.record(self.JOB._replace(job_id="")).events == []


def test_giving_up_stops_the_run_with_its_reason_and_leaves_an_ended_one_alone() -> None:
    runs = InMemoryBulkRunStore()
    runs.create(RUN)
    GiveUp(runs=runs).step("run_1", "no_progress", "x" * 1000)
    stopped = runs.get("run_1")
    assert stopped.state is RunState.STOPPED and stopped.reason.startswith("no_progress: xxx")
    assert len(stopped.reason) == 500
    GiveUp(runs=runs).step("run_1", "again", "")
    assert runs.get("run_1") == stopped


@pytest.mark.parametrize("workers", [1, 4])
def test_overlapped_work_comes_in_the_order_of_its_items(workers: int) -> None:
    assert list(overlapped(lambda number: number * 2, range(50), workers=workers)) == list(range(0, 100, 2))


@pytest.mark.parametrize("workers", [1, 4])
def test_overlapped_work_that_fails_fails_in_its_place(workers: int) -> None:
    done = []
    with pytest.raises(ZeroDivisionError):
        for result in overlapped(lambda number: 1 // (3 - number), range(50), workers=workers):
            done.append(result)
    assert done == [0, 0, 1]


def test_overlapped_work_takes_no_more_items_than_it_can_hold() -> None:
    taken = count()
    results = overlapped(lambda number: number, (next(taken) for _ in range(1000)), workers=2)
    next(results)
    assert next(taken) <= 6
    results.close()
