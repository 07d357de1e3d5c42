"""A plan before anything is spent: tokens with their error, jobs, price, finish time, and refusals with reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from lambdas.shared.domain.bulk.archive_profile import ArchiveProfile, Stratum, kind_of
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.planner import BulkPlan, Terms, plan_run
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE, KnownQuotas, known_quotas
from lambdas.shared.domain.bulk.run_price import (
    GuardrailMode,
    RequestShape,
    RunPrices,
    SplitUsage,
    price_of,
    transitions,
)
from lambdas.shared.domain.bulk.schedule import Pace, Wishes
from lambdas.shared.domain.bulk.token_estimate import Measured, estimate_content
from lambdas.shared.domain.guardrail import GuardrailPrices
from lambdas.shared.domain.model_card import ModelCard, Prices
from lambdas.shared.domain.model_catalog import ResolvedModel

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PRICES = Prices(
    input=Decimal("0.06"), output=Decimal("0.24"), batch_input=Decimal("0.03"), batch_output=Decimal("0.12")
)
GUARDRAIL = GuardrailPrices(Decimal("0.15"), Decimal("0.15"), Decimal("0.10"))
SHAPE = RequestShape(section_tokens=10_000, prompt_tokens=200, prompt_characters=800, output_tokens=250, output_units=1)
QUOTAS = known_quotas(settings={}, read={})


def entries(count: int, size: int = 4000, kind: str = "txt") -> list[Entry]:
    return [Entry("archive", f"bulk/{number}.{kind}", size) for number in range(count)]


def plan(
    archive: list[Entry],
    *,
    prices: Prices = PRICES,
    mode: GuardrailMode = "none",
    quotas: KnownQuotas = QUOTAS,
    pace: Pace = Pace(),  # noqa: B008 - a value
    wishes: Wishes = Wishes(),  # noqa: B008
    ratio: Decimal = Decimal(1),
) -> BulkPlan:
    strata = ArchiveProfile().add_all(archive).strata()
    sample = [
        Measured(stratum.kind, entry.size or 0, (entry.size or 0) // 4, entry.size or 0)
        for stratum in strata
        for entry in stratum.sample
    ]
    model = ResolvedModel("m", ModelCard("m", "Amazon", "chat", on_demand=True, prices=prices), ratio)
    terms = Terms(SHAPE, RunPrices(model, mode, GUARDRAIL), quotas, pace, wishes, NOW)
    return plan_run(estimate_content(strata, sample), terms)


def test_half_a_million_documents_are_ten_jobs_at_half_the_price() -> None:
    made = plan(entries(500_000))
    assert (made.documents, made.records, made.jobs, made.on_demand_records) == (500_000, 500_000, 10, 0)
    assert (made.input_tokens, made.output_tokens) == (500_000 * 1200, 500_000 * 250)
    tokens = Decimal(500_000) * (1200 * Decimal("0.03") + 250 * Decimal("0.12")) / 1_000_000
    assert made.cost_usd is not None
    assert tokens < made.cost_usd < tokens + 8, "tokens, and some dollars to carry half a million documents"
    assert made.finish_by == NOW + timedelta(hours=48 + 500_000 / 200 / 3600), "five jobs at once, so two days"
    assert not made.refusals


def test_ninety_nine_documents_are_asked_on_demand() -> None:
    made = plan(entries(99))
    assert (made.jobs, made.batch_records, made.on_demand_records) == (0, 0, 99)
    assert made.sweep_limit >= 99
    assert plan(entries(100)).jobs == 1


def test_nothing_costs_nothing() -> None:
    made = plan([])
    assert (made.documents, made.records, made.jobs, made.cost_usd, made.refusals) == (0, 0, 0, Decimal(0), ())


def test_a_long_document_is_a_request_for_each_section_and_some_to_merge_them() -> None:
    made = plan(entries(1000, size=400_000))  # 100,000 tokens: ten sections and one merge
    assert made.records == 11_000
    assert made.input_tokens == pytest.approx(1000 * 100_000 + 11_000 * 200 + 1000 * 10 * 250, rel=0.001)


def test_bytes_decide_where_documents_are_large() -> None:
    quotas = known_quotas(settings={"job_bytes": 10_000_000}, read={})
    assert plan(entries(1000, size=39_000), quotas=quotas).jobs == 5


def test_a_profile_s_surcharge_is_in_the_price() -> None:
    bare, dear = plan(entries(1000)).record_usd, plan(entries(1000), ratio=Decimal("1.1")).record_usd
    assert bare is not None
    assert dear == bare * Decimal("1.1")


def test_the_guardrail_may_cost_ten_times_the_tokens() -> None:
    none, output, both = (plan(entries(10_000, size=8000), mode=mode) for mode in ("none", "output", "both"))
    assert none.guardrail_usd == 0
    assert output.guardrail_usd == Decimal(10_000) * Decimal("0.0004"), "an answer is one unit under three policies"
    assert both.guardrail_usd is not None
    assert float(both.guardrail_usd) == pytest.approx(10_000 * 0.0004 * (1 + 8 + 0.5), rel=0.01)
    assert none.cost_usd is not None
    assert both.guardrail_usd > none.cost_usd * 30


@pytest.mark.parametrize(
    ("change", "documents"),
    [
        ({"batch_input": None}, 1000),
        ({"batch_output": None}, 1000),
        ({"input": None}, 99),
    ],
)
def test_a_price_that_is_not_known_is_unknown_and_never_nothing(change: dict[str, None], documents: int) -> None:
    made = plan(entries(documents), prices=PRICES._replace(**change))
    assert (made.cost_usd, made.cost_bound_usd) == (None, None)
    (refusal,) = plan(
        entries(documents), prices=PRICES._replace(**change), wishes=Wishes(max_usd=Decimal(10_000))
    ).refusals
    assert (refusal.field, refusal.code) == ("/max_usd", "price_unknown")


def test_an_on_demand_price_that_is_not_used_need_not_be_known() -> None:
    assert plan(entries(1000), prices=PRICES._replace(input=None, output=None)).cost_usd is not None


def test_a_guardrail_price_that_is_not_known_makes_the_cost_unknown() -> None:
    usage = SplitUsage(10, Decimal(1), 1, 10, 10, 1000, 100, 10)
    model = ResolvedModel("m", ModelCard("m", "Amazon", "chat", on_demand=True, prices=PRICES))
    assert price_of(usage, SHAPE, RunPrices(model, "output", GuardrailPrices())).usd is None
    assert price_of(usage, SHAPE, RunPrices(model, "none", GuardrailPrices())).usd is not None


def test_over_budget_is_refused_with_the_price() -> None:
    (refusal,) = plan(entries(100_000), wishes=Wishes(max_usd=Decimal(5))).refusals
    assert (refusal.field, refusal.code) == ("/max_usd", "over_budget")
    assert "USD, more than 5.00; raise max_usd" in refusal.detail
    assert not plan(entries(100_000), wishes=Wishes(max_usd=Decimal(50))).refusals


def test_before_a_deadline_only_as_many_jobs_run_as_end_in_time_and_the_rest_follows_on_demand() -> None:
    quick = Pace(on_demand_per_minute=6000)
    made = plan(entries(400_000), pace=quick, wishes=Wishes(deadline=NOW + timedelta(hours=30)))
    assert (made.jobs, made.most_jobs, made.rounds) == (5, 5, 1)
    assert (made.batch_records, made.on_demand_records) == (250_000, 150_000)
    assert made.finish_by <= NOW + timedelta(hours=30)
    assert made.sweep_limit >= 150_000
    assert not made.refusals
    whole = plan(entries(400_000), pace=quick)
    assert whole.cost_usd is not None
    assert made.cost_usd is not None
    assert made.cost_usd > whole.cost_usd
    assert (whole.most_jobs, whole.rounds) == (None, 3)


def test_rounds_for_what_jobs_leave_open_are_planned_only_where_there_is_time_for_them() -> None:
    rounds = [plan(entries(1000), wishes=Wishes(NOW + timedelta(hours=hours))).rounds for hours in (25, 49, 73, 200)]
    assert rounds == [1, 2, 3, 3]


def test_a_deadline_too_near_for_batch_goes_on_demand_alone() -> None:
    made = plan(entries(1000), wishes=Wishes(deadline=NOW + timedelta(hours=2)))
    assert (made.jobs, made.most_jobs, made.rounds, made.on_demand_records) == (0, 0, 0, 1000)
    assert not made.refusals


def test_a_deadline_that_nothing_can_keep_is_refused_with_the_earliest_end() -> None:
    (refusal,) = plan(entries(500_000), wishes=Wishes(deadline=NOW + timedelta(hours=2))).refusals
    assert (refusal.field, refusal.code) == ("/deadline", "deadline_impossible")
    assert "2026-11-21 02:00 UTC" in refusal.detail
    assert "2026-11-26" in refusal.detail


def test_orchestration_takes_few_transitions_for_a_document() -> None:
    for documents, jobs in ((20_000, 1), (500_000, 10), (5_000_000, 100)):
        usage = SplitUsage(documents, Decimal(1), jobs, documents, documents, 1, 1, 1)
        assert transitions(usage) <= 0.05 * documents
    mixed = SplitUsage(500_000, Decimal("0.95"), 10, 500_000, 500_000, 1, 1, 1)
    assert transitions(mixed) <= 0.05 * 500_000


# ---- profiles and samples


def test_a_profile_counts_kinds_and_sizes_and_keeps_a_sample_of_each() -> None:
    archive = [*entries(500, 1000), *entries(3, 9_000_000, "PDF"), Entry("archive", "bulk/noending", None)]
    strata = {stratum.kind: stratum for stratum in ArchiveProfile(sample_per_kind=20).add_all(archive).strata()}
    assert {kind: (each.documents, each.bytes, len(each.sample)) for kind, each in strata.items()} == {
        "txt": (500, 500_000, 20),
        "pdf": (3, 27_000_000, 3),
        "other": (1, 0, 1),
    }
    assert len(strata["txt"].buckets) == 1


def test_the_sample_is_the_same_in_whatever_order_the_documents_come_and_however_often() -> None:
    archive = entries(2000)
    shuffled = list(archive)
    Random(4).shuffle(shuffled)
    halves = ArchiveProfile().add_all(shuffled[:700]).add_all(shuffled[700:])
    assert ArchiveProfile().add_all(archive).strata() == halves.strata()


def test_kinds_are_endings_that_are_known() -> None:
    assert [kind_of(key) for key in ("a.PDF", "a.b/c.md", "readme", "x.weird", ".txt")] == [
        "pdf",
        "md",
        "other",
        "other",
        "txt",
    ]


def stratum_of(sizes: list[int], sampled: int, kind: str = "txt") -> Stratum:
    archive = [Entry("archive", f"{number}.{kind}", size) for number, size in enumerate(sizes)]
    (stratum,) = ArchiveProfile(sample_per_kind=sampled).add_all(archive).strata()
    return stratum


def measured(entry: Entry, tokens: float) -> Measured:
    return Measured(kind_of(entry.key), entry.size or 0, round(tokens), entry.size or 0)


def test_a_sample_of_everything_has_no_error() -> None:
    stratum = stratum_of([1000, 3000], 5)
    estimate = estimate_content([stratum], [measured(entry, 300) for entry in stratum.sample])
    assert (estimate.tokens, estimate.bound, estimate.relative_bound) == (600, 0, 0.0)


def test_documents_that_are_all_alike_have_no_error_either() -> None:
    stratum = stratum_of([1000] * 500, 20)
    estimate = estimate_content([stratum], [measured(entry, 250) for entry in stratum.sample])
    assert (estimate.tokens, estimate.bound) == (125_000, 0)


def test_one_sampled_document_of_many_says_next_to_nothing() -> None:
    stratum = stratum_of([1000] * 500, 1)
    estimate = estimate_content([stratum], [measured(stratum.sample[0], 250)])
    assert estimate.bound >= estimate.tokens == 125_000


def test_a_kind_that_was_not_sampled_cannot_be_estimated() -> None:
    with pytest.raises(ValueError, match="no document of kind txt"):
        estimate_content([stratum_of([1], 1)], [])


def test_the_true_number_is_within_the_bound_nineteen_times_out_of_twenty() -> None:
    """Archives of two kinds, each with its own and noisy relation of bytes to tokens; 300 archives, fixed seeds."""
    within, relative = 0, []
    for seed in range(300):
        random = Random(seed)
        strata, sample, true = [], [], 0.0
        for kind, ratio, noise in (("txt", 0.25, 0.05), ("pdf", 0.04, 0.03)):
            sizes = [int(random.lognormvariate(9, 0.8)) + 1 for _ in range(400)]
            stratum = stratum_of(sizes, 40, kind)
            tokens = {f"{n}.{kind}": size * max(0.0, random.gauss(ratio, noise)) for n, size in enumerate(sizes)}
            true += sum(tokens.values())
            strata.append(stratum)
            sample += [measured(entry, tokens[entry.key]) for entry in stratum.sample]
        estimate = estimate_content(strata, sample)
        within += abs(estimate.tokens - true) <= estimate.bound
        relative.append(estimate.relative_bound)
    assert within >= 0.92 * 300
    assert sum(relative) / 300 < 0.15, "a bound that is always true says nothing"


def test_the_cost_s_bound_is_what_the_tokens_bound_costs() -> None:
    assert plan(entries(1000)).cost_bound_usd == 0
    random = Random(1)
    archive = [Entry("archive", f"{number}.txt", int(random.lognormvariate(9, 1))) for number in range(2000)]
    strata = ArchiveProfile().add_all(archive).strata()
    sample = [measured(entry, (entry.size or 0) * random.uniform(0.1, 0.4)) for entry in strata[0].sample]
    model = ResolvedModel("m", ModelCard("m", "Amazon", "chat", on_demand=True, prices=PRICES))
    terms = Terms(SHAPE, RunPrices(model, "none", GUARDRAIL), QUOTAS, Pace(), Wishes(), NOW)
    made = plan_run(estimate_content(strata, sample), terms)
    assert made.cost_bound_usd is not None
    assert made.cost_usd is not None
    assert 0 < made.cost_bound_usd < made.cost_usd


def test_the_conservative_quotas_are_named_as_such() -> None:
    assert plan(entries(10)).quotas == KnownQuotas(CONSERVATIVE, dict.fromkeys(CONSERVATIVE._fields, "default"))
