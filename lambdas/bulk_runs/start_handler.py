"""Plans and starts bulk runs: POST /bulk-summaries."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from lambdas.bulk_runs.plan_schema import plan_answer
from lambdas.bulk_runs.schema import BulkBody, run_answer
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.adapters.dynamodb_bulk_run_store import DynamoDbBulkRunStore
from lambdas.shared.adapters.dynamodb_reusable_summaries import DynamoDbReusableSummaries
from lambdas.shared.adapters.dynamodb_tenant_options import DynamoDbTenantOptions
from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_sample_documents import S3SampleDocuments
from lambdas.shared.adapters.s3_source_pages import S3SourcePages
from lambdas.shared.adapters.service_quotas_reader import ServiceQuotasReader
from lambdas.shared.adapters.stepfunctions_bulk_workflow import StepFunctionsBulkWorkflow
from lambdas.shared.domain.bulk.archive_plan import BulkWish
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_plan import plan_from
from lambdas.shared.domain.bulk.run_view import Counts, RunView
from lambdas.shared.domain.bulk.sample_reading import ReadingLimits
from lambdas.shared.domain.bulk.source import AllowedSource, allowed_places
from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.runtime.http import Request, Response, Route, decode_body, http_handler, idempotent, json_response
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.bulk.carry_run import CarryRun
from lambdas.shared.services.bulk.measure_sample import MeasureSample
from lambdas.shared.services.bulk.plan_run import BulkDefaults, PlanRun
from lambdas.shared.services.bulk.start_run import StartRun

# An answer has 29 seconds: a hundred calls list so many keys, and some documents of each kind are read.
MOST_DOCUMENTS = 100_000
_SAMPLE_PER_KIND = 60
_LIMITS = ReadingLimits(documents=60, bytes=60_000_000)
_SECONDS_FOR_THE_REST = 8


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    clients_table: str
    documents_table: str
    idempotency_table: str
    documents_bucket: str
    state_machine_arn: str
    models: str
    bulk_model: str
    bulk_rounds: int
    summary_style: str
    summary_language: str
    section_tokens: int
    bulk_sources: str
    bulk_guardrail: str
    bulk_guardrail_policies: str
    bulk_quotas: str


@cache
def settings() -> Settings:
    return load_settings(Settings)


@cache
def build_planner() -> PlanRun:
    set_ = settings()
    places = partial(_places, json.loads(set_.bulk_sources), set_.documents_bucket)
    catalog = load_catalog(set_.models)
    return PlanRun(
        runs=DynamoDbBulkRunStore(aws_clients.dynamodb(), table=set_.bulk_table),
        pages=S3SourcePages(aws_clients.s3(), places=places),
        sample=MeasureSample(
            documents=S3SampleDocuments(aws_clients.s3()), reader=DocumentTextReader(), limits=_LIMITS
        ),
        quotas=ServiceQuotasReader(
            aws_clients.service_quotas(),
            labels=catalog.quota_labels,
            settings=json.loads(set_.bulk_quotas),
        ),
        catalog=catalog,
        prompts=SummaryPrompts(FilePromptLibrary(), set_.section_tokens),
        tenants=DynamoDbTenantOptions(aws_clients.dynamodb(), table=set_.clients_table),
        documents=DynamoDbReusableSummaries(aws_clients.dynamodb(), table=set_.documents_table),
        defaults=_defaults(set_, places),
    )


@cache
def build_service() -> StartRun:
    runs = DynamoDbBulkRunStore(aws_clients.dynamodb(), table=settings().bulk_table)
    machine = settings().state_machine_arn
    workflow = StepFunctionsBulkWorkflow(aws_clients.step_functions(), state_machine_arn=machine)
    return StartRun(plan=build_planner(), runs=runs, carry=CarryRun(runs=runs, workflow=workflow))


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    """What runs the route once for each `Idempotency-Key`; the imports are for requests that have one."""
    from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
    from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
    from lambdas.shared.services.idempotent_calls import IdempotentCalls

    store = DynamoDbIdempotencyStore(aws_clients.dynamodb(), table=settings().idempotency_table)
    # Models are called by the workflow, later: an error here has cost nothing.
    return IdempotentRoutes(calls=IdempotentCalls(store=store), paid_calls=lambda: 0).run


def start_run(request: Request) -> Response:
    """200 with the plan (`dry_run`), 202 with the run that has begun."""
    body = decode_body(request, BulkBody)
    wish = BulkWish(request.caller.tenant, body.source, body.style, body.model, body.deadline, body.max_usd)

    def time_is_up() -> bool:
        return request.remaining_seconds() < _SECONDS_FOR_THE_REST

    if body.dry_run:
        return json_response(plan_answer(build_planner().plan(wish, time_is_up=time_is_up)))
    key = request.headers.get("idempotency-key", "")
    repeat_key = f"{request.caller.owner} {key}" if key else ""
    run = build_service().start(wish, repeat_key=repeat_key, time_is_up=time_is_up)
    return json_response(run_answer(_begun(run)), status=202)


def _defaults(set_: Settings, places: Callable[[str], tuple[AllowedSource, ...]]) -> BulkDefaults:
    style: Any = set_.summary_style
    mode: Any = set_.bulk_guardrail
    return BulkDefaults(
        model=set_.bulk_model,
        options=SummaryOptions(style, set_.summary_language),
        places=places,
        guardrail_mode=mode,
        guardrail_policies=json.loads(set_.bulk_guardrail_policies),
        rounds=set_.bulk_rounds,
        most_documents=MOST_DOCUMENTS,
        sample_per_kind=_SAMPLE_PER_KIND,
    )


def _begun(run: BulkRun) -> RunView:
    """Nothing has been done yet, so that nothing is to be counted."""
    plan = plan_from(run.plan)
    total = plan.documents if plan else 0
    return RunView(run, plan, Counts(total, 0, 0, total, 0), Spent(), None, None)


def _places(texts: list[str], documents_bucket: str, tenant: str) -> tuple[AllowedSource, ...]:
    return allowed_places(texts, documents_bucket=documents_bucket, tenant=tenant)


handler = http_handler({("POST", "/bulk-summaries"): idempotent(start_run, build_idempotency)}, scope="bulk")
