"""POST /summaries: a text's summary now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_chat_model import BedrockChatModel
from lambdas.shared.adapters.bedrock_guardrail_checker import BedrockGuardrailChecker
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.domain.guardrail import deployed_guardrail
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.runtime.http import (
    Request,
    Response,
    Route,
    decode_body,
    http_handler,
    idempotent,
    json_response,
)
from lambdas.shared.runtime.observability import annotate
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.paid_calls import PaidCallsLedger, paid_calls
from lambdas.shared.services.summarize_text import SummarizeText, TextToSummarize
from lambdas.summaries.text_schema import TextBody, summary_answer

_READ_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Settings:
    ledger_table: str
    idempotency_table: str
    models: str
    summary_model: str
    summary_style: str
    section_tokens: int
    ledger_days: int
    guardrail_id: str
    guardrail_version: str
    guardrail_stream_mode: str
    guardrail_messages: str
    summaries_guardrail: str


@cache
def build_service() -> SummarizeText:
    settings = load_settings(Settings)
    client = aws_clients.bedrock_runtime(attempts=2, read_timeout_seconds=_READ_TIMEOUT_SECONDS)
    ledger = DynamoDbLedger(aws_clients.dynamodb(), table=settings.ledger_table, days=settings.ledger_days)
    guardrail = deployed_guardrail(
        settings.guardrail_id, settings.guardrail_version, settings.guardrail_stream_mode, settings.guardrail_messages
    )
    models = MeteredModels(
        models=BedrockChatModel(client),
        catalog=load_catalog(settings.models),
        ledger=PaidCallsLedger(ledger),
        intents="beside",
        guardrail=None if settings.summaries_guardrail == "none" else guardrail,
        checker=BedrockGuardrailChecker(client) if settings.summaries_guardrail == "output" else None,
    )
    prompts = SummaryPrompts(FilePromptLibrary(), settings.section_tokens)
    return SummarizeText(models=models, prompts=prompts, guards_texts=settings.summaries_guardrail == "both")


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    """What runs a route once for each `Idempotency-Key`; the imports are for requests that have one."""
    from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
    from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
    from lambdas.shared.services.idempotent_calls import IdempotentCalls

    store = DynamoDbIdempotencyStore(aws_clients.dynamodb(), table=load_settings(Settings).idempotency_table)
    return IdempotentRoutes(calls=IdempotentCalls(store=store), paid_calls=paid_calls).run


def summarize(request: Request) -> Response:
    """The summary as JSON."""
    body, settings = decode_body(request, TextBody), load_settings(Settings)
    style: Any = body.style or settings.summary_style
    wanted = TextToSummarize(
        caller=request.caller,
        text=body.text,
        options=SummaryOptions(style, body.language, body.instructions),
        model=body.model or settings.summary_model,
        remaining_seconds=request.remaining_seconds,
    )
    done = build_service().summarize(wanted)
    annotate(model=done.model, input_tokens=done.spent.input_tokens, output_tokens=done.spent.output_tokens)
    return json_response(summary_answer(done))


handler = http_handler({("POST", "/summaries"): idempotent(summarize, build_idempotency)}, scope="documents")
