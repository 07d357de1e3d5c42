"""What steps that make summaries are made of: who writes their requests, assesses and stores them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_guardrail_checker import BedrockGuardrailChecker
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.dynamodb_reusable_summaries import DynamoDbReusableSummaries
from lambdas.shared.adapters.dynamodb_tenant_options import DynamoDbTenantOptions
from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_object_store import S3ObjectStore
from lambdas.shared.domain.guardrail import Guardrail, deployed_guardrail
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.services.bulk.content_policy import BulkContentPolicy
from lambdas.shared.services.bulk.keep_summary import KeepSummary
from lambdas.shared.services.bulk.tenant_requests import TenantRequests

# A check is made again by the step's next try, and paid again: worth some quick attempts first.
_CHECK_ATTEMPTS, _CHECK_TIMEOUT_SECONDS = 6, 10


@dataclass(frozen=True, slots=True)
class SummarySettings:
    """The settings of steps that make summaries."""

    bulk_table: str
    results_bucket: str
    documents_table: str
    clients_table: str
    ledger_table: str
    ledger_days: int
    models: str
    summary_style: str
    summary_language: str
    section_tokens: int
    guardrail_id: str
    guardrail_version: str
    guardrail_stream_mode: str
    guardrail_messages: str


class SummaryParts(NamedTuple):
    """What reads, writes and stores."""

    objects: S3ObjectStore
    documents: DynamoDbReusableSummaries
    ledger: DynamoDbLedger
    requests: TenantRequests


def summary_parts(settings: SummarySettings) -> SummaryParts:
    """Adapters, and the requests' writer."""
    style: Any = settings.summary_style
    return SummaryParts(
        objects=S3ObjectStore(aws_clients.s3()),
        documents=DynamoDbReusableSummaries(aws_clients.dynamodb(), table=settings.documents_table),
        ledger=DynamoDbLedger(aws_clients.dynamodb(), table=settings.ledger_table, days=settings.ledger_days),
        requests=TenantRequests(
            prompts=SummaryPrompts(FilePromptLibrary(), settings.section_tokens),
            tenants=DynamoDbTenantOptions(aws_clients.dynamodb(), table=settings.clients_table),
            options=SummaryOptions(style=style, language=settings.summary_language),
            catalog=load_catalog(settings.models),
        ),
    )


def keeper(settings: SummarySettings, parts: SummaryParts, *, assesses: bool) -> KeepSummary:
    """`assesses` False where the summaries have been assessed already."""
    return KeepSummary(
        objects=parts.objects,
        documents=parts.documents,
        requests=parts.requests,
        policy=content_policy(settings, parts, used=assesses),
        results_bucket=settings.results_bucket,
        now=utc_now,
    )


def content_policy(settings: SummarySettings, parts: SummaryParts, *, used: bool) -> BulkContentPolicy:
    """The deployment's guardrail, or none."""
    return BulkContentPolicy(
        guardrail=guardrail(settings) if used else None,
        checker=guardrail_checker(),
        prices=load_catalog(settings.models).guardrail_prices,
        ledger=parts.ledger,
        now=utc_now,
        new_id=lambda: uuid4().hex,
    )


def guardrail(settings: SummarySettings) -> Guardrail | None:
    """None where the deployment applies none to bulk runs."""
    return deployed_guardrail(
        settings.guardrail_id, settings.guardrail_version, settings.guardrail_stream_mode, settings.guardrail_messages
    )


def guardrail_checker() -> BedrockGuardrailChecker:
    """What asks it about a text."""
    client = aws_clients.bedrock_runtime(attempts=_CHECK_ATTEMPTS, read_timeout_seconds=_CHECK_TIMEOUT_SECONDS)
    return BedrockGuardrailChecker(client)
