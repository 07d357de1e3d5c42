"""Planning a run: what is listed and sampled, and a clear answer to everything that can be wrong, before any money."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from lambdas.shared.domain.bulk.answered_usage import AnsweredUsage
from lambdas.shared.domain.bulk.archive_plan import ArchivePlan, BulkRunRefusedError, check_may_start
from lambdas.shared.domain.bulk.bulk_request import BulkRunActiveError
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE
from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.domain.bulk.run_plan import plan_from
from lambdas.shared.domain.bulk.sample_reading import ReadingLimits
from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES
from lambdas.shared.domain.errors import FieldError, InvalidInputError, UnknownModelError
from lambdas.shared.domain.model_card import Prices
from lambdas.shared.domain.reusable_summaries import ReuseKey
from lambdas.shared.domain.tokens import estimate_tokens
from tests.fakes.bulk import InMemorySamples, ListedSource
from tests.fakes.documents import SUMMARY
from tests.fakes.models import model_card, small_catalog
from tests.unit.bulk.planning import SOURCE, TEXT, Desk, texts, wish


def reasons(planned: ArchivePlan) -> list[tuple[str, str]]:
    return [(refusal.field, refusal.code) for refusal in planned.refusals]


def invalid(desk: Desk, **fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as caught:
        desk.planner.plan(wish(**fields))
    return {error.pointer: error.detail for error in caught.value.errors}


def test_an_archive_is_listed_sampled_and_priced() -> None:
    planned = Desk(texts(1000)[:600], texts(1000)[600:]).planner.plan(wish(max_usd="200", deadline="72h"))
    assert (planned.plan.documents, planned.plan.records, planned.plan.jobs) == (1000, 1000, 1)
    assert planned.survey.complete and not planned.refusals and not planned.notes
    assert planned.plan.token_bound == 0  # all alike
    assert planned.estimate.tokens == 1000 * estimate_tokens(TEXT.decode())
    assert planned.plan.cost_usd is not None and planned.plan.cost_usd > 0
    assert planned.plan.quotas.sources["jobs"] == "default"


def test_a_sample_is_bounded_and_holds_each_kind() -> None:
    archive = [*texts(500), *(entry._replace(key=f"{entry.key[:-3]}pdf") for entry in texts(500))]
    desk = Desk(archive, limits=ReadingLimits(documents=11))
    planned = desk.planner.plan(wish())
    assert len(desk.samples.reads) == 11
    assert {kind.stratum.kind: kind.sampled for kind in planned.estimate.kinds} == {"txt": 5, "pdf": 6}


def test_large_documents_end_a_sample_early_but_for_the_first_of_a_kind() -> None:
    archive = [Entry("archive", f"bulk/{n}.{kind}", 1_000_000) for n in range(50) for kind in ("pdf", "docx")]
    desk = Desk(archive, limits=ReadingLimits(bytes=500_000))
    desk.planner.plan(wish())
    assert sorted(key.rsplit(".")[-1] for key in desk.samples.reads) == ["docx", "pdf"]


def test_when_the_time_is_up_no_more_is_read_and_the_plan_says_what_it_assumes() -> None:
    desk = Desk(texts(200))
    planned = desk.planner.plan(wish(), time_is_up=lambda: True)
    assert not desk.samples.reads
    assert planned.estimate.tokens > 0
    assert any("could be sampled" in note for note in planned.notes)


def test_documents_that_cannot_be_read_cost_nothing_and_are_told() -> None:
    contents = {f"bulk/{number:05}.txt": b"%PDF" for number in range(100)}
    half = Desk(texts(200), contents=contents, sample_per_kind=200).planner.plan(wish())
    whole = Desk(texts(200), sample_per_kind=200).planner.plan(wish())
    assert whole.estimate.tokens == 2 * half.estimate.tokens
    assert any("100 of 200 sampled documents hold no text" in note for note in half.notes)


def test_a_document_that_is_gone_since_it_was_listed_is_left_out_of_the_sample() -> None:
    samples = InMemorySamples({entry.key: TEXT for entry in texts(150)[1:]})
    planned = Desk(texts(150), samples=samples, sample_per_kind=150).planner.plan(wish())
    assert planned.estimate.kinds[0].sampled == 149 and planned.plan.documents == 150


def test_a_list_without_sizes_is_estimated_by_the_document() -> None:
    entries = [entry._replace(size=None) for entry in texts(300)]
    by_document = Desk(entries).planner.plan(wish("s3://archive/bulk/list.csv"))
    by_byte = Desk(texts(300)).planner.plan(wish())
    assert by_document.estimate.tokens == by_byte.estimate.tokens
    assert any("tells no sizes" in note for note in by_document.notes)


def test_style_and_model_are_the_caller_s_choice() -> None:
    desk = Desk(texts(200))
    usual, other = desk.planner.plan(wish()), desk.planner.plan(wish(style="detailed", model="best"))
    assert (usual.style, other.style) == ("brief", "detailed")
    assert other.model_id == "acme.large-v1:0"
    assert other.plan.output_tokens > usual.plan.output_tokens


# Bad input, line by line of what operators get wrong.


@pytest.mark.parametrize(
    ("entries", "said"),
    [([], "there is no document"), ([Entry("archive", "bulk/", 0), Entry("archive", "bulk/a/", 0)], "2 folder")],
)
def test_an_empty_prefix_is_refused(entries: list[Entry], said: str) -> None:
    planned = Desk(entries).planner.plan(wish())
    assert reasons(planned) == [("/source", "empty_source")]
    assert said in planned.refusals[0].detail and SOURCE in planned.refusals[0].detail


def test_folder_markers_are_passed_over_and_empty_documents_cost_no_tokens() -> None:
    archive = [Entry("archive", "bulk/", 0), *texts(150), Entry("archive", "bulk/empty.txt", 0)]
    planned = Desk(archive, sample_per_kind=151).planner.plan(wish())
    assert planned.survey.documents == 151
    assert planned.estimate.tokens == Desk(texts(150)).planner.plan(wish()).estimate.tokens
    assert any("1 folder markers" in note for note in planned.notes)


def test_ninety_nine_documents_go_on_demand_and_the_plan_says_so() -> None:
    planned = Desk(texts(99)).planner.plan(wish())
    assert (planned.plan.jobs, planned.plan.on_demand_records, planned.refusals) == (0, 99, ())
    assert any("fewer than a job takes (100)" in note for note in planned.notes)


def test_a_document_larger_than_anything_that_is_read_is_told_and_never_read() -> None:
    giant = Entry("archive", "bulk/giant.txt", 6 * 1024**3)
    desk = Desk([*texts(150), giant])
    planned = desk.planner.plan(wish())
    assert (planned.survey.too_large, planned.plan.documents, planned.plan.jobs) == (1, 150, 1)
    assert any("too_large" in note for note in planned.notes) and giant.key not in desk.samples.reads


def test_nothing_but_documents_that_are_too_large_is_refused() -> None:
    planned = Desk([Entry("archive", "bulk/giant.pdf", LARGEST_DOCUMENT_BYTES + 1)]).planner.plan(wish())
    assert reasons(planned) == [("/source", "empty_source")] and "split them" in planned.refusals[0].detail


@pytest.mark.parametrize("why", ["no permission to list", "the bucket is in eu-west-1"])
def test_a_bucket_that_may_not_be_listed_or_is_elsewhere_is_refused_in_the_adapter_s_words(why: str) -> None:
    refusal = InvalidInputError(why, errors=(FieldError("/source", why),))
    assert invalid(Desk(source=ListedSource(refusal=refusal))) == {"/source": why}


def test_documents_that_may_be_listed_and_not_read_are_refused() -> None:
    refusal = InvalidInputError("no permission to read", errors=(FieldError("/source", "no permission to read"),))
    assert invalid(Desk(texts(200), samples=InMemorySamples({}, refusal=refusal))) == {
        "/source": "no permission to read"
    }


def test_a_bucket_that_is_not_allowed_is_refused_without_a_look_at_it() -> None:
    desk = Desk(texts(200))
    assert "the operator can allow it" in invalid(desk, source="s3://elsewhere/x/")["/source"]
    assert desk.source.calls == 0


def test_duplicates_of_a_list_are_counted_once_and_told() -> None:
    planned = Desk([*texts(150), *texts(10)]).planner.plan(wish("s3://archive/list.jsonl"))
    assert planned.plan.documents == 150
    assert any("10 lines name a document again" in note for note in planned.notes)


def test_a_list_with_foreign_addresses_is_refused_with_its_lines() -> None:
    source = ListedSource(texts(150), rejected=["line 7: s3://other is outside what your runs may read"])
    planned = Desk(texts(150), source=source).planner.plan(wish("s3://archive/list.csv"))
    assert reasons(planned) == [("/source", "rejected_source")] and "line 7" in planned.refusals[0].detail


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"max_usd": "-1"}, "/max_usd"),
        ({"deadline": "2026-11-20T00:00:00Z"}, "/deadline"),
        ({"deadline": "soon"}, "/deadline"),
        ({"style": "haiku"}, "/style"),
    ],
)
def test_wishes_that_make_no_sense_are_named(fields: dict[str, str], field: str) -> None:
    assert set(invalid(Desk(texts(150)), **fields)) == {field}


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(UnknownModelError):
        Desk(texts(150)).planner.plan(wish(model="gpt-99"))


def test_over_budget_and_too_late_are_reasons_of_the_plan() -> None:
    planned = Desk(texts(5000)).planner.plan(wish(max_usd="0.01", deadline="1h"))
    assert reasons(planned) == [("/deadline", "deadline_impossible"), ("/max_usd", "over_budget")]
    with pytest.raises(BulkRunRefusedError) as caught:
        check_may_start(planned)
    assert [error.pointer for error in caught.value.errors] == ["/deadline", "/max_usd"]


def test_a_second_run_over_the_same_prefix_is_told_of_the_first() -> None:
    desk = Desk(texts(150))
    first = desk.starter.start(wish())
    planned = desk.planner.plan(wish("s3://archive/bulk/2026/"))
    assert reasons(planned) == [("/source", "bulk_run_active")] and first.run_id in planned.refusals[0].detail
    with pytest.raises(BulkRunActiveError):
        check_may_start(planned)


def test_a_source_that_goes_on_behind_what_a_request_lists_keeps_no_promise_about_all_of_it() -> None:
    desk = Desk(texts(300)[:200], texts(300)[200:], most_documents=200)
    free = desk.planner.plan(wish())
    assert not free.survey.complete and not free.refusals
    for told in (
        "the first 200 documents, up to bulk/00199.txt",
        "a lower bound",
        f"ops bulk plan {SOURCE} --tenant acme",
    ):
        assert told in free.notes[0]
    bound = desk.planner.plan(wish(max_usd="200", deadline="72h"))
    assert reasons(bound) == [("/max_usd", "archive_too_large_to_plan"), ("/deadline", "archive_too_large_to_plan")]
    assert Desk(texts(200), most_documents=200).planner.plan(wish(max_usd="200")).survey.complete


def test_a_run_over_a_source_that_was_not_counted_to_its_end_says_that_its_plan_is_a_lower_bound() -> None:
    desk = Desk(texts(300)[:200], texts(300)[200:], most_documents=200)
    plan = plan_from(desk.starter.start(wish()).plan)
    assert plan is not None and (plan.documents, plan.complete) == (200, False)
    whole = plan_from(Desk(texts(200)).starter.start(wish()).plan)
    assert whole is not None and whole.complete


def summarized(desk: Desk, *contents: bytes, model: str = "acme.small-v1:0") -> None:
    """The tenant has summaries of these, in the deployment's style."""
    for content in contents:
        digest = hashlib.sha256(content).hexdigest()
        desk.documents.keep_reusable("acme", ReuseKey(digest, "summarize_brief.v1", model), SUMMARY)


def test_what_is_summarized_already_is_taken_off_as_the_sample_tells() -> None:
    contents = {f"bulk/{n:05}.txt": TEXT + str(n).encode() for n in range(1000)}
    archive = [Entry("archive", key, len(content)) for key, content in contents.items()]
    whole = Desk(archive, contents=contents, sample_per_kind=200).planner.plan(wish())
    desk = Desk(archive, contents=contents, sample_per_kind=200)
    summarized(desk, *(content for n, content in enumerate(contents.values()) if n % 10 < 3))
    planned = desk.planner.plan(wish())
    (kind,) = planned.estimate.kinds
    assert 40 <= kind.summarized <= 80, "three in ten, as a sample of 200 has them"
    assert abs(planned.plan.asked - 700) <= planned.plan.asked_bound < 100
    assert planned.plan.records == planned.plan.asked == round(1000 * kind.asked)
    assert planned.plan.cost_usd and whole.plan.cost_usd and planned.plan.cost_bound_usd
    saved = whole.plan.cost_usd - planned.plan.cost_usd
    assert abs(saved - whole.plan.cost_usd * 3 / 10) < planned.plan.cost_bound_usd + whole.plan.cost_usd / 10
    assert f"Of a sample of 200, {kind.summarized} are summarized already" in planned.notes[0]


def test_a_summary_by_another_model_or_in_another_style_is_none() -> None:
    desk = Desk(texts(150))
    summarized(desk, TEXT, model="acme.large-v1:0")
    assert desk.planner.plan(wish()).plan.asked == 150
    summarized(desk, TEXT)
    assert desk.planner.plan(wish(style="detailed")).plan.asked == 150
    planned = desk.planner.plan(wish())
    assert (planned.plan.asked, planned.plan.records, planned.plan.cost_usd) == (0, 0, 0)


def settled(desk: Desk, usage: AnsweredUsage, *, run_id: str = "run_1", **fields: Any) -> None:
    run = BulkRun(run_id, "acme", SOURCE, "acme.small-v1:0", CONSERVATIVE, RunState.SUCCEEDED, style="brief")
    desk.runs.create(run._replace(usage=usage.as_text(), created_at=run_id, **fields))


def test_a_plan_is_made_of_what_earlier_answers_took() -> None:
    desk = Desk(texts(150))
    typical = desk.planner.plan(wish()).plan
    assert (typical.measured_on, typical.output_tokens) == (0, 150 * 250)
    settled(desk, AnsweredUsage(200, estimated_tokens=10_000, input_tokens=8_000, output_tokens=20_100, units=260))
    measured = desk.planner.plan(wish())
    assert (measured.plan.measured_on, measured.plan.output_tokens) == (200, 15_075)
    assert measured.plan.input_tokens == round(typical.input_tokens * 0.8)
    assert measured.shape.output_units == 1.3


def test_other_models_styles_and_a_handful_of_answers_say_nothing() -> None:
    desk = Desk(texts(150))
    usage = AnsweredUsage(200, 10_000, 8_000, 20_100, 260)
    settled(desk, usage, run_id="run_1", model_id="acme.large-v1:0")
    settled(desk, usage, run_id="run_2", style="bullets")
    settled(desk, AnsweredUsage(19, 1000, 800, 2000, 19), run_id="run_3")
    settled(desk, usage, run_id="run_4", tenant="globex")
    assert desk.planner.plan(wish()).plan.measured_on == 0


def test_the_last_thousand_answers_are_enough() -> None:
    desk = Desk(texts(150))
    for number in range(4):
        settled(desk, AnsweredUsage(600, 600, 600 * (number + 1), 600, 600), run_id=f"run_{number}")
    planned = desk.planner.plan(wish())
    assert (planned.plan.measured_on, planned.shape.input_factor) == (1200, 3.5)


def test_a_budget_over_an_unknown_price_is_refused() -> None:
    desk = Desk(texts(150), catalog=small_catalog(model_card(prices=Prices())))
    assert reasons(desk.planner.plan(wish(max_usd="200"))) == [("/max_usd", "price_unknown")]
    assert desk.planner.plan(wish()).plan.cost_usd is None
