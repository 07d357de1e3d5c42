"""The plan of a bulk run on the wire."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from lambdas.shared.domain.bulk.archive_plan import ArchivePlan
from lambdas.shared.domain.timestamps import to_iso


class RefusalView(msgspec.Struct):
    """Why the run may not start: the request's field, a code, and the remedy."""

    pointer: str
    code: str
    detail: str


class QuotaView(msgspec.Struct):
    """`source`: `settings`, `service-quotas` or `default`."""

    name: str
    value: int
    source: str


class PlanAnswer(msgspec.Struct):
    """What a run would take. `documents` were listed, `complete` false: there are more, of which nothing is known, so
    that all figures are lower bounds. `to_summarize` of them have a text and no summary yet, as far as a sample
    tells: `sampled` were read, and `sampled_summarized` of these have one. The bounds: how much the sample may be wrong
    by, nineteen times out of twenty. `measured_on`: so many answers of earlier runs say what an answer takes; 0 =
    typical of the style. `jobs`, `batch` and `on_demand` count jobs and records. An empty list of `refusals`: it may
    start."""

    source: str
    model: str
    style: str
    documents: int
    complete: bool
    sampled: int
    sampled_summarized: int
    to_summarize: int
    to_summarize_bound: int
    records: int
    input_tokens: int
    output_tokens: int
    token_bound: int
    measured_on: int
    jobs: int
    batch: int
    on_demand: int
    cost_usd: Decimal | None
    cost_bound_usd: Decimal | None
    token_usd: Decimal | None
    guardrail_usd: Decimal | None
    finish_by: str
    quotas: list[QuotaView]
    refusals: list[RefusalView]
    notes: list[str]


def plan_answer(planned: ArchivePlan) -> PlanAnswer:
    """A plan as JSON."""
    plan, quotas = planned.plan, planned.plan.quotas
    return PlanAnswer(
        source=planned.request.source.uri,
        model=planned.model_id,
        style=planned.style,
        documents=planned.survey.documents,
        complete=planned.survey.complete,
        sampled=sum(kind.sampled for kind in planned.estimate.kinds),
        sampled_summarized=sum(kind.summarized for kind in planned.estimate.kinds),
        to_summarize=plan.asked,
        to_summarize_bound=plan.asked_bound,
        records=plan.records,
        input_tokens=plan.input_tokens,
        output_tokens=plan.output_tokens,
        token_bound=plan.token_bound,
        measured_on=plan.measured_on,
        jobs=plan.jobs,
        batch=plan.batch_records,
        on_demand=plan.on_demand_records,
        cost_usd=plan.cost_usd,
        cost_bound_usd=plan.cost_bound_usd,
        token_usd=plan.token_usd,
        guardrail_usd=plan.guardrail_usd,
        finish_by=to_iso(plan.finish_by),
        quotas=[QuotaView(name, value, quotas.sources[name]) for name, value in quotas.quotas._asdict().items()],
        refusals=[RefusalView(*refusal) for refusal in planned.refusals],
        notes=list(planned.notes),
    )
