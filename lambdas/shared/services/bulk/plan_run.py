"""Plans a bulk run: lists its source, reads a sample, reads the quotas, and says what it would take. Spends nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from lambdas.shared.domain.bulk.archive_plan import ArchivePlan, BulkWish, plan_notes, unlisted_refusals
from lambdas.shared.domain.bulk.archive_profile import SAMPLE_PER_KIND
from lambdas.shared.domain.bulk.archive_survey import ArchiveSurvey, Surveyor, survey_notes, survey_refusals
from lambdas.shared.domain.bulk.bulk_request import BulkRunActiveError, CheckedRequest, check_request, refuse_overlap
from lambdas.shared.domain.bulk.planner import Terms, plan_run
from lambdas.shared.domain.bulk.quotas import QuotaSource
from lambdas.shared.domain.bulk.request_shape import measured_by, shape_of
from lambdas.shared.domain.bulk.run import ROUNDS, BulkRun
from lambdas.shared.domain.bulk.run_price import GuardrailMode, RequestShape, RunPrices
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.domain.bulk.sample_reading import MeasuredSample
from lambdas.shared.domain.bulk.schedule import Pace, Refusal
from lambdas.shared.domain.bulk.source import AllowedSource, Source, SourceKind, parse_source
from lambdas.shared.domain.bulk.source_pages import SourcePages
from lambdas.shared.domain.bulk.token_estimate import estimate_content
from lambdas.shared.domain.guardrail import GuardrailPrices
from lambdas.shared.domain.model_catalog import ModelCatalog
from lambdas.shared.domain.reusable_summaries import ReusableSummaries
from lambdas.shared.domain.summary_options import SummaryOptions, TenantOptions
from lambdas.shared.domain.summary_request import SummaryPrompts, SummaryRequests
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.services.bulk.measure_sample import IsSummarized, MeasureSample


class BulkDefaults(NamedTuple):
    """The deployment's side of a plan. `places`: what a tenant's runs may read; `most_documents`: so many are listed
    at most, None = all of them."""

    model: str
    options: SummaryOptions
    places: Callable[[str], Sequence[AllowedSource]]
    guardrail_mode: GuardrailMode
    guardrail_policies: Sequence[str] = ("content", "topic", "sensitive_information")
    pace: Pace = Pace()
    rounds: int = ROUNDS
    most_documents: int | None = None
    sample_per_kind: int = SAMPLE_PER_KIND


class Made(NamedTuple):
    """What a plan is made of."""

    request: CheckedRequest
    requests: SummaryRequests
    survey: ArchiveSurvey
    sample: MeasuredSample
    terms: Terms


class PlanRun:
    """Everything that a caller can get wrong is answered here, before money is spent."""

    def __init__(
        self,
        *,
        runs: BulkRunStore,
        pages: SourcePages,
        sample: MeasureSample,
        quotas: QuotaSource,
        catalog: ModelCatalog,
        prompts: SummaryPrompts,
        tenants: TenantOptions,
        documents: ReusableSummaries,
        defaults: BulkDefaults,
        now: Callable[[], datetime] = utc_now,
        listed: Callable[[int], object] = lambda documents: None,
    ) -> None:
        """`listed` hears of each page how many documents are known by then."""
        self._runs = runs
        self._pages = pages
        self._sample = sample
        self._quotas = quotas
        self._catalog = catalog
        self._prompts = prompts
        self._tenants = tenants
        self._documents = documents
        self._defaults = defaults
        self._now = now
        self._listed = listed

    def plan(self, wish: BulkWish, *, time_is_up: Callable[[], bool] = lambda: False) -> ArchivePlan:
        """Raises InvalidInputError for a wish that cannot be understood and a source that cannot be read, and
        UnknownModelError. `time_is_up`: no more of the sample is read from then on."""
        now, defaults = self._now(), self._defaults
        request = check_request(
            source=wish.source,
            deadline=wish.deadline,
            max_usd=wish.max_usd,
            tenant=wish.tenant,
            allowed=defaults.places(wish.tenant),
            now=now,
        )
        requests = self._requests(wish)
        quotas = self._quotas.batch_quotas(requests.model.model_id)
        survey = self._survey(BulkRun("", wish.tenant, request.source.uri, requests.model.model_id, quotas.quotas))
        known = self._is_summarized(wish.tenant, requests)
        sample = self._sample.measure(survey.strata, is_summarized=known, time_is_up=time_is_up)
        runs = list(self._runs.of_tenant(wish.tenant))
        terms = Terms(self._shape(requests, runs), self._prices(requests), quotas, defaults.pace, request.wishes, now)
        made = Made(request, requests, survey, sample, terms)
        planned = _planned(wish.tenant, made, _overlap(request.source, runs))
        return planned._replace(plan=planned.plan._replace(rounds=min(planned.plan.rounds, defaults.rounds)))

    def _requests(self, wish: BulkWish) -> SummaryRequests:
        options = self._tenants.options_of(wish.tenant, self._defaults.options)
        style: Any = wish.style or options.style
        model = self._catalog.resolve(wish.model or self._defaults.model)
        return self._prompts.requests(model, replace(options, style=style))

    def _survey(self, draft: BulkRun) -> ArchiveSurvey:
        can_repeat = parse_source(draft.source).kind is not SourceKind.PREFIX
        surveyor = Surveyor(sample_per_kind=self._defaults.sample_per_kind, can_repeat=can_repeat)
        token: str | None = None
        while True:
            page = self._pages.page(draft, token)
            surveyor.add(page)
            self._listed(surveyor.listing.tally.ids)
            token, most = page.next_token, self._defaults.most_documents
            if token is None or (most is not None and surveyor.listing.tally.ids >= most):
                return surveyor.survey()

    def _shape(self, requests: SummaryRequests, runs: Iterable[BulkRun]) -> RequestShape:
        model_id, style = requests.model.model_id, requests.options.style
        return shape_of(requests, measured_by(runs, model_id=model_id, style=style))

    def _prices(self, requests: SummaryRequests) -> RunPrices:
        defaults = self._defaults
        guardrail = self._catalog.guardrail_prices or GuardrailPrices()
        return RunPrices(requests.model, defaults.guardrail_mode, guardrail, tuple(defaults.guardrail_policies))

    def _is_summarized(self, tenant: str, requests: SummaryRequests) -> IsSummarized:
        def known(content: bytes, parts: Sequence[str]) -> bool:
            digest = hashlib.sha256(content).hexdigest()
            key = requests.reuse_key(digest, len(requests.split(parts)))
            return self._documents.find_reusable(tenant, key) is not None

        return known


def _overlap(source: Source, runs: Iterable[BulkRun]) -> tuple[Refusal, ...]:
    try:
        refuse_overlap(source, (run for run in runs if not run.state.ended))
    except BulkRunActiveError as error:
        return (Refusal("/source", error.code, str(error)),)
    return ()


def _planned(tenant: str, made: Made, overlap: tuple[Refusal, ...]) -> ArchivePlan:
    request, requests, survey, sample, terms = made
    estimate = estimate_content(survey.strata, sample.measured)
    plan = plan_run(estimate, terms)
    notes = plan_notes(plan, sample)
    return ArchivePlan(
        tenant=tenant,
        request=request,
        model_id=requests.model.model_id,
        style=requests.options.style,
        survey=survey,
        estimate=estimate,
        shape=terms.shape,
        plan=plan,
        refusals=(
            *overlap,
            *survey_refusals(survey, request.source.uri),
            *unlisted_refusals(survey, request.wishes),
            *plan.refusals,
        ),
        notes=(*survey_notes(survey, request.source.uri, tenant), *notes),
    )
