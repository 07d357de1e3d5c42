"""Plans a run before anything is spent: its records, jobs, price and finish time, and whether it may start."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.bulk.quotas import KnownQuotas
from lambdas.shared.domain.bulk.run_price import RequestShape, RunCost, RunPrices, SplitUsage, price_of
from lambdas.shared.domain.bulk.schedule import Pace, Refusal, Schedule, Wishes, jobs_for, schedule
from lambdas.shared.domain.bulk.token_estimate import KindEstimate, TokenEstimate

# So many records may fail in batch and be asked on demand before an operator is asked.
_SPARE_RECORDS, _SPARE_SHARE = 1000, 20
_UTF8_BYTES_PER_CHARACTER = 1.1  # escapes and accents, beside the request's own text


class Terms(NamedTuple):
    """What a plan is made under."""

    shape: RequestShape
    prices: RunPrices
    quotas: KnownQuotas
    pace: Pace
    wishes: Wishes
    now: datetime


class BulkPlan(NamedTuple):
    """`cost_usd` None = not known, `cost_bound_usd` is how much the sampling may be wrong by. `most_jobs` None = no
    limit; it, `rounds` and `sweep_limit` are what the run is started with."""

    documents: int
    records: int
    input_tokens: int
    output_tokens: int
    token_bound: int
    jobs: int
    batch_records: int
    on_demand_records: int
    cost_usd: Decimal | None
    cost_bound_usd: Decimal | None
    record_usd: Decimal | None
    token_usd: Decimal | None
    guardrail_usd: Decimal | None
    finish_by: datetime
    most_jobs: int | None
    rounds: int
    sweep_limit: int
    quotas: KnownQuotas
    refusals: tuple[Refusal, ...]


class _Load(NamedTuple):
    """Documents of about one size, as requests."""

    documents: int
    records: int
    input_tokens: int
    characters: int


def plan_run(estimate: TokenEstimate, terms: Terms) -> BulkPlan:
    """The cheapest plan that ends before the deadline, with the reasons why it may not start, if there are any."""
    loads = [load for kind in estimate.kinds for load in _loads(kind, terms.shape)]
    records = sum(load.records for load in loads)
    documents = sum(load.documents for load in loads)
    scheduled = schedule(
        records=records,
        documents=documents,
        needed=jobs_for(records, _request_bytes(loads, terms.shape), terms.quotas.quotas),
        quotas=terms.quotas.quotas,
        pace=terms.pace,
        deadline=terms.wishes.deadline,
        now=terms.now,
    )
    usage = SplitUsage(
        records=records,
        batch_share=Decimal(scheduled.batch_records) / records if records else Decimal(0),
        jobs=scheduled.jobs,
        documents=documents,
        input_tokens=sum(load.input_tokens for load in loads),
        output_tokens=records * terms.shape.output_tokens,
        input_characters=sum(load.characters for load in loads),
    )
    return _plan(usage, scheduled, price_of(usage, terms.shape, terms.prices), estimate.bound, terms)


def _plan(usage: SplitUsage, scheduled: Schedule, cost: RunCost, token_bound: int, terms: Terms) -> BulkPlan:
    on_demand = usage.records - scheduled.batch_records
    refusals = (scheduled.refusal, _over_budget(cost.usd, terms.wishes))
    return BulkPlan(
        documents=usage.documents,
        records=usage.records,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        token_bound=token_bound,
        jobs=scheduled.jobs,
        batch_records=scheduled.batch_records,
        on_demand_records=on_demand,
        cost_usd=cost.usd,
        cost_bound_usd=cost.bound(token_bound, usage),
        record_usd=cost.record_usd,
        token_usd=cost.token_usd,
        guardrail_usd=cost.guardrail_usd,
        finish_by=scheduled.finish_by,
        most_jobs=None if scheduled.jobs == scheduled.needed else scheduled.jobs,
        rounds=scheduled.rounds,
        sweep_limit=on_demand + max(_SPARE_RECORDS, usage.records // _SPARE_SHARE),
        quotas=terms.quotas,
        refusals=tuple(refusal for refusal in refusals if refusal is not None),
    )


def _loads(kind: KindEstimate, shape: RequestShape) -> Iterator[_Load]:
    """Each size has its number of sections: a long document is a request for each, and some to merge them."""
    for bucket in kind.stratum.buckets:
        content = kind.tokens_per_byte * bucket.bytes
        sections = max(1, math.ceil(content / bucket.documents / shape.section_tokens))
        merges = 0
        level = sections
        while level > 1:
            level = math.ceil(level / shape.merged_at_once)
            merges += level
        records = bucket.documents * (sections + merges)
        merged = bucket.documents * (sections + merges - 1) * shape.output_tokens if merges else 0
        yield _Load(
            documents=bucket.documents,
            records=records,
            input_tokens=round(content) + records * shape.prompt_tokens + merged,
            characters=round(kind.characters_per_byte * bucket.bytes),
        )


def _request_bytes(loads: Sequence[_Load], shape: RequestShape) -> int:
    characters = sum(load.characters + load.records * shape.prompt_characters for load in loads)
    return math.ceil(characters * _UTF8_BYTES_PER_CHARACTER)


def _over_budget(cost: Decimal | None, wishes: Wishes) -> Refusal | None:
    if wishes.max_usd is None or (cost is not None and cost <= wishes.max_usd):
        return None
    if cost is None:
        return Refusal(
            "/max_usd",
            "price_unknown",
            "the price of this model is not known, so no budget can be kept; add it to the catalogue or leave max_usd "
            "out",
        )
    return Refusal(
        "/max_usd",
        "over_budget",
        f"it would cost about {cost:.2f} USD, more than {wishes.max_usd:.2f}; raise max_usd, take fewer documents, or "
        "another model",
    )
