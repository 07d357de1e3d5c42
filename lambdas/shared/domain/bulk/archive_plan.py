"""A caller's wish for a run, and what planning it has found."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.bulk.archive_survey import ArchiveSurvey
from lambdas.shared.domain.bulk.bulk_request import BulkRunActiveError, CheckedRequest
from lambdas.shared.domain.bulk.planner import BulkPlan
from lambdas.shared.domain.bulk.run_price import RequestShape
from lambdas.shared.domain.bulk.sample_reading import MeasuredSample
from lambdas.shared.domain.bulk.schedule import Refusal, Wishes
from lambdas.shared.domain.bulk.token_estimate import TokenEstimate
from lambdas.shared.domain.errors import FieldError, InvalidInputError


class BulkWish(NamedTuple):
    """What a caller asks; None = as the deployment has it. `tenant` comes from the authorizer."""

    tenant: str
    source: str
    style: str | None = None
    model: str | None = None
    deadline: str | None = None
    max_usd: Decimal | None = None


class ArchivePlan(NamedTuple):
    """A plan with all that it is made of. `refusals` say why it may not start, `notes` what should be known of it."""

    tenant: str
    request: CheckedRequest
    model_id: str
    style: str
    survey: ArchiveSurvey
    estimate: TokenEstimate
    shape: RequestShape
    plan: BulkPlan
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]


class BulkRunRefusedError(InvalidInputError):
    """The plan says that the run may not start."""

    code = "bulk_run_refused"

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        errors = tuple(FieldError(refusal.field, refusal.detail) for refusal in refusals)
        super().__init__("; ".join(refusal.detail for refusal in refusals), errors=errors)


def check_may_start(planned: ArchivePlan) -> None:
    """Raises BulkRunActiveError or BulkRunRefusedError."""
    for refusal in planned.refusals:
        if refusal.code == BulkRunActiveError.code:
            raise BulkRunActiveError(refusal.detail)
    if planned.refusals:
        raise BulkRunRefusedError(planned.refusals)


def unlisted_refusals(survey: ArchiveSurvey, wishes: Wishes) -> tuple[Refusal, ...]:
    """What is promised of a whole archive cannot be promised after a part of it."""
    if survey.complete:
        return ()
    asked = {"/max_usd": wishes.max_usd, "/deadline": wishes.deadline}
    return tuple(
        Refusal(
            field,
            "archive_too_large_to_plan",
            f"the source holds more than the {survey.documents:,} documents that are listed within a request, so "
            f"{field[1:]} cannot be promised; start it with `python -m ops bulk run`, which lists all, or leave "
            f"{field[1:]} out",
        )
        for field, value in asked.items()
        if value is not None
    )


def plan_notes(plan: BulkPlan, sample: MeasuredSample) -> tuple[str, ...]:
    """What should be known of the figures, in sentences."""
    notes = []
    if sample.summarized:
        notes.append(
            f"Of a sample of {sample.read:,}, {sample.summarized:,} are summarized already (same content, prompt and "
            f"model): of {plan.documents:,} documents, {plan.asked:,} ± {plan.asked_bound:,} are to be asked about."
        )
    minimum = plan.quotas.quotas.minimum_records
    if plan.records and not plan.jobs and plan.records < minimum:
        notes.append(f"{plan.records} records are fewer than a job takes ({minimum}): all on demand, at full price.")
    elif plan.on_demand_records:
        why = (
            "to keep the deadline"
            if plan.most_jobs is not None
            else f"merges of sections, fewer than a job's {minimum}"
        )
        notes.append(f"{plan.on_demand_records:,} records on demand, at full price: {why}.")
    if sample.unreadable:
        notes.append(
            f"{sample.unreadable} of {sample.read} sampled documents hold no text that can be read; such end as failed."
        )
    if sample.assumed:
        kinds = ", ".join(sample.assumed)
        notes.append(f"No document of kind {kinds} could be sampled: 3 bytes are taken for a token.")
    return tuple(notes)
