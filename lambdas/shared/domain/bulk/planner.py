"""Plans a run before anything is spent: its records, jobs, price and finish time, and whether it may start."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple

from lambdas.shared.domain.bulk.quotas import BatchQuotas, KnownQuotas
from lambdas.shared.domain.bulk.run_price import RequestShape, RunPrices, SplitUsage, expected_units, price_of
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
    """Of `documents`, `asked` get a summary; the others have one, or no text. `cost_usd` None = not known,
    `cost_bound_usd` is how much more it may be for the sampling's sake. `measured_on`: so many answers of earlier runs
    say what an answer takes, 0 = typical of the style. `most_jobs` None = no limit; it, `rounds` and `sweep_limit` are
    what the run is started with."""

    documents: int
    asked: int
    asked_bound: int
    records: int
    input_tokens: int
    output_tokens: int
    token_bound: int
    measured_on: int
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
    """Documents of about one size, as requests: `levels` are the sections' and those that merge each level below.
    `units`: of their texts, for the guardrail."""

    documents: int
    levels: tuple[float, ...]
    input_tokens: float
    characters: float
    units: float

    @property
    def records(self) -> float:
        return sum(self.levels)


def plan_run(estimate: TokenEstimate, terms: Terms) -> BulkPlan:
    """The cheapest plan that ends before the deadline, with the reasons why it may not start, if there are any."""
    loads = [load for kind in estimate.kinds for load in _loads(kind, terms.shape)]
    records = round(sum(load.records for load in loads))
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
    in_batch = min(scheduled.batch_records, records - _stray_merges(loads, terms.quotas.quotas))
    usage = SplitUsage(
        records=records,
        batch_share=Decimal(in_batch) / records if records else Decimal(0),
        jobs=scheduled.jobs,
        documents=documents,
        asked=estimate.asked,
        input_tokens=round(sum(load.input_tokens for load in loads)),
        output_tokens=round(records * terms.shape.output_tokens),
        input_units=round(sum(load.units for load in loads)),
    )
    return _plan(usage, scheduled, estimate, terms)


def _plan(usage: SplitUsage, scheduled: Schedule, estimate: TokenEstimate, terms: Terms) -> BulkPlan:
    cost = price_of(usage, terms.shape, terms.prices)
    most = price_of(_at_most(usage, estimate, terms.shape), terms.shape, terms.prices)
    in_batch = round(usage.records * usage.batch_share)
    on_demand = usage.records - in_batch
    refusals = (scheduled.refusal, _over_budget(cost.usd, terms.wishes))
    return BulkPlan(
        documents=usage.documents,
        asked=usage.asked,
        asked_bound=estimate.asked_bound,
        records=usage.records,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        token_bound=math.ceil(estimate.bound * terms.shape.input_factor),
        measured_on=terms.shape.measured_on,
        jobs=scheduled.jobs,
        batch_records=in_batch,
        on_demand_records=on_demand,
        cost_usd=cost.usd,
        cost_bound_usd=None if most.usd is None or cost.usd is None else most.usd - cost.usd,
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
        asked = bucket.documents * kind.asked
        content = kind.tokens_per_byte * bucket.bytes
        characters = kind.characters_per_byte * bucket.bytes
        sections = max(1, math.ceil(content / asked / shape.section_tokens)) if asked else 0
        levels = [asked * each for each in _levels(sections, shape.merged_at_once)]
        # each answer but the last of a document is part of a merge's request
        merged = (sum(levels) - asked) * shape.output_tokens
        yield _Load(
            documents=bucket.documents,
            levels=tuple(levels),
            input_tokens=(content + sum(levels) * shape.prompt_tokens) * shape.input_factor + merged,
            characters=characters,
            units=asked * sections * expected_units(characters / asked / sections) if asked else 0,
        )


def _levels(sections: int, merged_at_once: int) -> Iterator[int]:
    yield sections
    while sections > 1:
        sections = math.ceil(sections / merged_at_once)
        yield sections


def _stray_merges(loads: Sequence[_Load], quotas: BatchQuotas) -> int:
    """Each level of merges is a round of its own; one with fewer records than a job takes is asked on demand."""
    levels = (sum(each) for each in zip_longest(*(load.levels[1:] for load in loads), fillvalue=0))
    return math.ceil(sum(level for level in levels if level < quotas.minimum_records))


def _at_most(usage: SplitUsage, estimate: TokenEstimate, shape: RequestShape) -> SplitUsage:
    """The same at the upper ends of what the sample has left open."""
    more = min(estimate.asked_bound, usage.documents - usage.asked)
    share = more / usage.asked if usage.asked else 0.0
    records = math.ceil(usage.records * (1 + share))
    prompts = usage.records * share * shape.prompt_tokens
    texts = max(share, estimate.relative_bound)
    return usage._replace(
        records=records,
        asked=usage.asked + more,
        input_tokens=usage.input_tokens + round((estimate.bound + prompts) * shape.input_factor),
        output_tokens=round(records * shape.output_tokens),
        input_units=round(usage.input_units * (1 + texts)),
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
