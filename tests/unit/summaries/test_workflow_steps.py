"""Every way through claim, prepare, infer and collect: results, failures, newer versions, crashes."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from lambdas.shared.domain.announcement import SummaryFailed, SummaryReady
from lambdas.shared.domain.chat_model import ChatReply, TokenUsage
from lambdas.shared.domain.document import DocumentState
from lambdas.shared.domain.errors import (
    InvalidAnswerError,
    LedgerUnavailableError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
    SupersededError,
)
from lambdas.shared.domain.execution import run_of
from lambdas.shared.services import prepare_document
from lambdas.shared.services.prepare_document import LARGEST_DOCUMENT_BYTES
from tests.fakes.documents import SUMMARY, dropped, received
from tests.fakes.models import model_card
from tests.unit.summaries.pipeline import ANSWER, TEXT, CrashError, Pipeline

ROOT = Path(__file__).parents[3]
RESULTS = {"summaries/acme/report.txt.summary.json", "summaries/acme/report.txt.summary.md"}


def results_in(world: Pipeline) -> set[str]:
    return {key for key in world.objects.keys("results") if key.startswith("summaries/")}


def cut(text: str = ANSWER) -> ChatReply:
    return ChatReply(text=text, stop_reason="max_tokens", usage=TokenUsage(10, 5))


def test_a_document_becomes_a_summary() -> None:
    world = Pipeline()
    run = world.drop()
    assert world.carry_through(run) == "SUCCEEDED"
    document = world.document(run)
    assert document.state is DocumentState.SUMMARIZED
    assert document.completion is not None and document.completion.summary == SUMMARY
    assert [step.name for step in document.steps] == ["prepare", "infer", "collect"]
    assert all(step.started_at <= step.ended_at for step in document.steps)
    assert document.cost_usd == world.ledger.events[0].cost_usd and document.cost_usd
    assert results_in(world) == RESULTS
    assert world.announcer.published == [
        SummaryReady(
            document_id=run.document_id,
            tenant="acme",
            bucket="documents",
            key=run.key,
            result_key="summaries/acme/report.txt.summary.json",
            markdown_key="summaries/acme/report.txt.summary.md",
            model="acme.small-v1:0",
            cost_usd=document.cost_usd,
        )
    ]


@pytest.mark.parametrize(
    ("body", "language"),
    [
        ("Die Brücke wurde im Jahr 1869 gebaut und ist noch heute aus Granit. " * 9, "de"),
        ("등대는 1911년에 세워졌다. 등대지기는 바다를 보았다. " * 9, "ko"),
        ("4711 0815 3.14\n" * 9, None),
    ],
)
@pytest.mark.parametrize("section_tokens", [60_000, 1000])
def test_the_documents_own_language_is_told_whatever_the_summarys_is(
    body: str, language: str | None, section_tokens: int
) -> None:
    world = Pipeline(section_tokens=section_tokens)
    run = world.drop(body.encode() * 10)
    assert world.carry_through(run) == "SUCCEEDED"
    completion = world.document(run).completion
    assert completion is not None and (completion.sections > 1) == (section_tokens == 1000)
    assert completion.document_language == language
    stored = json.loads(world.objects.read("results", "summaries/acme/report.txt.summary.json"))
    assert (stored["document_language"], stored["language"]) == (language, SUMMARY.language)


def test_the_call_is_in_the_ledger_for_the_documents_tenant() -> None:
    world = Pipeline()
    run = world.drop()
    world.carry_through(run)
    (event,) = world.ledger.events
    assert (event.tenant, event.client, event.operation, event.reference) == (
        "acme",
        "summaries",
        "summaries.infer",
        run.document_id,
    )


def test_requests_are_written_as_batch_takes_them() -> None:
    world = Pipeline()
    run = world.drop('Zeile eins\u2028Zeile zwei, mit "Zeichen".'.encode())
    prepared = world.prepare(run)
    lines = world.objects.read("results", prepared.requests_key).decode().split("\n")
    assert len(lines) == 2 and lines[1] == ""
    record = json.loads(lines[0])
    assert set(record) == {"recordId", "modelInput"} and record["recordId"] == prepared.record_id(run.document_id, 0)
    (message,) = record["modelInput"]["messages"]
    assert message["content"][0]["text"].startswith("<document>Zeile eins")


def test_the_state_holds_keys_and_counts_but_no_text() -> None:
    world = Pipeline()
    prepared, receipt = world.until_asked(world.drop())
    assert "quiet" not in repr(prepared) + repr(receipt)
    assert receipt.cost_usd is not None and Decimal(receipt.cost_usd) > 0


class TestFailures:
    @pytest.mark.parametrize(
        ("body", "key", "code"),
        [
            (b"", "inbox/acme/empty.txt", "empty_document"),
            (b" \n", "inbox/acme/blank.txt", "empty_document"),
            (bytes(range(256)) * 9, "inbox/acme/binary.txt", "not_text"),
            (b"%PDF-1.7\nno", "inbox/acme/broken.pdf", "damaged_pdf"),
            (b"MZ", "inbox/acme/tool.exe", "unsupported_type"),
        ],
    )
    def test_what_cannot_be_read_ends_with_its_reason_and_costs_nothing(self, body: bytes, key: str, code: str) -> None:
        world = Pipeline()
        run = world.drop(body, key)
        assert world.carry_through(run) == "FAILED"
        document = world.document(run)
        assert document.state is DocumentState.FAILED
        assert document.failure is not None and document.failure.code == code and document.failure.detail
        assert document.cost_usd == 0 and not world.ledger.events
        (failed,) = world.announcer.published
        assert isinstance(failed, SummaryFailed) and failed.code == code

    def test_a_document_beyond_the_limit_is_not_even_read(self) -> None:
        world = Pipeline()
        run = world.drop(b"x" * (LARGEST_DOCUMENT_BYTES + 1))
        assert world.carry_through(run) == "FAILED"
        failure = world.document(run).failure
        assert failure is not None and failure.code == "document_too_large"

    @pytest.mark.parametrize("how", ["version", "marker"])
    def test_a_document_deleted_before_it_was_read_is_deleted(self, how: str) -> None:
        world = Pipeline()
        run = world.drop()
        if how == "version":
            world.objects.delete_version(run.bucket, run.key, run.version_id)
        else:
            world.objects.mark_deleted(run.bucket, run.key)
        assert world.carry_through(run) == "FAILED"
        document = world.document(run)
        assert document.state is DocumentState.DELETED
        assert document.failure is not None and document.failure.code == "deleted"

    def test_a_model_that_is_not_enabled_ends_the_document(self) -> None:
        world = Pipeline(ModelNotEnabledError("enable it"))
        run = world.drop()
        assert world.carry_through(run) == "FAILED"
        failure = world.document(run).failure
        assert failure is not None and (failure.code, failure.detail) == ("model_not_enabled", "enable it")

    def test_throttling_is_left_to_the_state_machine(self) -> None:
        world = Pipeline(ModelThrottledError("later"), ANSWER)
        run = world.drop()
        with pytest.raises(ModelThrottledError):
            world.until_asked(run)
        assert world.carry_through(run) == "SUCCEEDED"

    def test_no_model_is_asked_while_the_ledger_is_away(self) -> None:
        world = Pipeline()
        run = world.drop()
        world.ledger.failing = OSError("table is gone")
        with pytest.raises(LedgerUnavailableError):
            world.until_asked(run)
        assert not world.model.requests
        world.ledger.failing = None
        assert world.carry_through(run) == "SUCCEEDED"

    def test_an_invalid_answer_is_asked_for_once_more_and_both_calls_are_charged(self) -> None:
        world = Pipeline("No.", ANSWER)
        run = world.drop()
        assert world.carry_through(run) == "SUCCEEDED"
        costs = [event.cost_usd or Decimal(0) for event in world.ledger.events]
        assert len(costs) == 2 and world.document(run).cost_usd == sum(costs)

    def test_three_invalid_answers_end_the_document(self) -> None:
        world = Pipeline("No.", "No again.", "No, never.")
        run = world.drop()
        assert world.carry_through(run) == "FAILED"
        document = world.document(run)
        assert document.failure is not None and document.failure.code == "invalid_answer"
        assert document.cost_usd is None, "money was spent: the ledger knows how much"

    def test_an_answer_that_was_cut_gets_twice_the_room_each_time(self) -> None:
        world = Pipeline(cut(), cut(), ANSWER, card=model_card(max_output_tokens=9_000))
        run = world.drop()
        assert world.carry_through(run) == "SUCCEEDED"
        assert [request.parameters.max_tokens for request in world.model.requests] == [2_000, 4_000, 8_000]

    def test_an_answer_that_is_always_cut_ends_the_document(self) -> None:
        world = Pipeline(cut())
        run = world.drop()
        assert world.carry_through(run) == "FAILED"
        failure = world.document(run).failure
        assert failure is not None and failure.code == "answer_cut"

    def test_collect_checks_the_answer_too(self) -> None:
        world = Pipeline()
        run = world.drop()
        prepared, receipt = world.until_asked(run)
        stored = json.loads(world.objects.read("results", receipt.answer_key))
        body = json.dumps({**stored, "text": "no"}).encode()
        world.objects.write("results", receipt.answer_key, body, content_type="", owner="")
        with pytest.raises(InvalidAnswerError):
            world.collect(run, prepared, receipt)
        assert not results_in(world)

    def test_a_document_that_was_deleted_while_it_waited_is_not_paid_for(self) -> None:
        world = Pipeline(ModelThrottledError("later"), ANSWER)
        run = world.drop()
        prepared = world.prepare(run)
        with pytest.raises(ModelThrottledError):
            world.infer(run, prepared)
        world.drop(b"Version two.", sequencer="02")
        with pytest.raises(SupersededError):
            world.infer(run, prepared)
        assert len(world.model.requests) == 1 and world.slots.taken == 0


class TestScans:
    """PDFs of pictures: for a model that reads documents they are no failure."""

    SCAN = (ROOT / "examples/mixed/letter-scanned.pdf").read_bytes()
    KEY = "inbox/acme/letter.pdf"

    def test_a_model_that_reads_documents_gets_the_file_itself(self) -> None:
        world = Pipeline(card=model_card(capabilities={"documents": True}))
        run = world.drop(self.SCAN, self.KEY)
        assert world.carry_through(run) == "SUCCEEDED"
        (request,) = world.model.requests
        attachment = request.messages[0].attachment
        assert attachment is not None and attachment.content == self.SCAN and attachment.format == "pdf"
        assert attachment.location.startswith("s3://results/work/")

    def test_for_any_other_model_it_needs_text_recognition(self) -> None:
        world = Pipeline()
        run = world.drop(self.SCAN, self.KEY)
        assert world.carry_through(run) == "FAILED"
        failure = world.document(run).failure
        assert failure is not None and failure.code == "needs_ocr" and not world.model.requests

    def test_a_scan_beyond_what_models_take_is_not_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prepare_document, "MAX_ATTACHMENT_BYTES", 100)
        world = Pipeline(card=model_card(capabilities={"documents": True}))
        run = world.drop(self.SCAN, self.KEY)
        assert world.carry_through(run) == "FAILED"
        failure = world.document(run).failure
        assert failure is not None and failure.code == "needs_ocr" and "100 pages" in failure.detail

    def test_a_model_that_refuses_it_leaves_the_remedy(self) -> None:
        world = Pipeline(ModelRefusedRequestError("no"), card=model_card(capabilities={"documents": True}))
        run = world.drop(self.SCAN, self.KEY)
        assert world.carry_through(run) == "FAILED"
        failure = world.document(run).failure
        assert failure is not None and failure.code == "needs_ocr" and "OCR" in failure.detail


class TestReuse:
    def test_the_same_content_again_costs_nothing_and_asks_no_model(self) -> None:
        world = Pipeline()
        world.carry_through(world.drop())
        again = world.drop(TEXT, "inbox/acme/copy.md")
        assert world.carry_through(again) == "SUCCEEDED"
        document = world.document(again)
        assert document.cost_usd == 0
        assert document.completion is not None and document.completion.reused
        assert document.completion.summary == SUMMARY
        assert len(world.ledger.events) == 1
        assert "summaries/acme/copy.md.summary.md" in results_in(world)

    def test_a_copy_that_waited_beside_the_first_is_not_paid_for_either(self) -> None:
        world = Pipeline()
        runs = [world.drop(), world.drop(TEXT, "inbox/acme/copy.md")]
        prepared = [world.prepare(run) for run in runs]
        for run, requests in zip(runs, prepared, strict=True):
            world.collect(run, requests, world.infer(run, requests))
        assert len(world.model.requests) == 1
        first, copy = (world.document(run).completion for run in runs)
        assert first is not None and not first.reused and first.calls == 1
        assert copy is not None and copy.reused and (copy.calls, copy.cost_usd, copy.summary) == (0, 0, SUMMARY)

    def test_a_new_version_with_the_same_content_costs_nothing(self) -> None:
        world = Pipeline()
        world.carry_through(world.drop())
        newer = world.drop(TEXT, sequencer="02")
        assert world.carry_through(newer) == "SUCCEEDED"
        assert len(world.ledger.events) == 1 and world.document(newer).cost_usd == 0

    def test_other_content_is_paid_for(self) -> None:
        world = Pipeline()
        world.carry_through(world.drop())
        world.carry_through(world.drop(TEXT + b" And then it rained.", "inbox/acme/other.txt"))
        assert len(world.ledger.events) == 2

    def test_another_tenant_reuses_nothing(self) -> None:
        world = Pipeline()
        world.carry_through(world.drop())
        world.drop(TEXT, "inbox/globex/report.txt")
        version = world.objects.versions["documents", "inbox/globex/report.txt"][-1].version_id
        run = run_of(dropped("inbox/globex/report.txt", version=version), tenant="globex")
        world.store.register(received(run))
        assert world.carry_through(run) == "SUCCEEDED"
        assert len(world.ledger.events) == 2


class TestNewerVersions:
    @pytest.mark.parametrize("operation", ["claim", "record_step", "get", "complete"])
    def test_a_newer_version_in_any_phase_ends_the_older_without_a_trace(self, operation: str) -> None:
        world = Pipeline()
        run = world.drop()
        newer = []

        def overtake(current: str) -> None:
            if current == operation and not newer:
                newer.append(None)
                newer[0] = world.drop(b"Version two. It is newer. It wins.", sequencer="02")

        world.store.before = overtake
        assert world.carry_through(run) == "SUPERSEDED"
        assert not results_in(world) and not world.announcer.published
        assert world.carry_through(newer[0]) == "SUCCEEDED"
        assert world.document(run).version_id == newer[0].version_id
        assert results_in(world) == RESULTS

    def test_an_older_result_never_stays_on_top_of_a_newer_one(self) -> None:
        """The newer version does all its work between the older one's check and its completion."""
        world = Pipeline()
        run = world.drop()
        done = []

        def overtake(operation: str) -> None:
            if operation == "complete" and not done:
                done.append(True)
                newer = world.drop(b"Version two. It is newer. It wins.", sequencer="02")
                assert world.carry_through(newer) == "SUCCEEDED"

        world.store.before = overtake
        assert world.carry_through(run) == "SUPERSEDED"
        for key in RESULTS:
            (version,) = world.objects.versions["results", key]
            assert version.owner == world.document(run).execution

    def test_a_failure_of_an_older_version_is_not_written_over_the_newer_one(self) -> None:
        world = Pipeline()
        run = world.drop(b"")

        def overtake(operation: str) -> None:
            if operation == "fail":
                world.store.before = lambda operation: None
                world.drop(b"Version two. It is newer. It wins.", sequencer="02")

        world.store.before = overtake
        assert world.carry_through(run) == "SUPERSEDED"
        assert world.document(run).state is DocumentState.RECEIVED
        assert not world.announcer.published

    def test_a_superseded_retry_removes_what_its_crashed_try_left(self) -> None:
        world = Pipeline()
        run = world.drop()
        prepared, receipt = world.until_asked(run)
        world.store.before = _crash_once("complete")
        with pytest.raises(CrashError):
            world.collect(run, prepared, receipt)
        assert results_in(world) == RESULTS
        world.drop(b"Version two.", sequencer="02")
        with pytest.raises(SupersededError):
            world.collect(run, prepared, receipt)
        assert not results_in(world)


class TestCrashes:
    @pytest.mark.parametrize("operation", ["claim", "record_step", "keep_reusable", "get", "complete"])
    def test_a_crash_before_any_record_is_healed_by_a_retry(self, operation: str) -> None:
        world = Pipeline()
        run = world.drop()
        world.store.before = _crash_once(operation)
        assert world.carry_through(run) == "SUCCEEDED"
        self._nothing_twice(world)

    @pytest.mark.parametrize("ending", ["requests.0.jsonl", ".summary.json", ".summary.md"])
    def test_a_crash_before_any_object_is_healed_by_a_retry(self, ending: str) -> None:
        world = Pipeline()
        run = world.drop()
        crash = _crash_once(ending)
        world.objects.before = lambda operation, key: crash(ending if key.endswith(ending) else "")
        assert world.carry_through(run) == "SUCCEEDED"
        self._nothing_twice(world)

    def test_a_crash_before_the_event_publishes_it_in_the_retry(self) -> None:
        world = Pipeline()
        run = world.drop()
        crash = _crash_once("publish")
        world.announcer.before = lambda: crash("publish")
        assert world.carry_through(run) == "SUCCEEDED"
        self._nothing_twice(world)

    def test_a_stored_answer_is_never_paid_again(self) -> None:
        world = Pipeline()
        run = world.drop()
        prepared, receipt = world.until_asked(run)
        assert world.infer(run, prepared) == receipt
        assert len(world.model.requests) == 1

    def test_a_crash_between_the_answer_and_its_storing_pays_twice_and_both_stand_in_the_ledger(self) -> None:
        world = Pipeline()
        run = world.drop()
        crash = _crash_once("answer")
        world.objects.before = lambda operation, key: crash("answer" if "/answers/" in key else "")
        assert world.carry_through(run) == "SUCCEEDED"
        assert len(world.ledger.events) == 2

    def test_a_document_whose_event_cannot_be_published_stays_summarized(self) -> None:
        world = Pipeline()
        run = world.drop()
        world.carry_through(run)
        world.fail(run, error="AnnouncementRefusedError", cause=None, model_asked=True)
        assert world.document(run).state is DocumentState.SUMMARIZED
        assert len(world.announcer.published) == 1

    def test_a_crash_while_failing_is_healed_by_a_retry(self) -> None:
        world = Pipeline()
        run = world.drop(b"")
        crash = _crash_once("publish")
        world.announcer.before = lambda: crash("publish")
        assert world.carry_through(run) == "FAILED"
        assert len(world.announcer.published) == 1

    @staticmethod
    def _nothing_twice(world: Pipeline) -> None:
        assert len(world.ledger.events) == 1 and len(world.announcer.published) == 1
        assert [len(world.objects.versions["results", key]) for key in RESULTS] == [1, 1]


def _crash_once(at: str) -> Callable[[str], None]:
    crashed = []

    def before(operation: str) -> None:
        if operation == at and not crashed:
            crashed.append(True)
            raise CrashError

    return before
