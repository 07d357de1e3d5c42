"""Asks the model for one prepared record: the state "Ask the model"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_chat_model import BedrockChatModel
from lambdas.shared.adapters.bedrock_guardrail_checker import BedrockGuardrailChecker
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.dynamodb_slots import DynamoDbSlots
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_object_store import S3ObjectStore
from lambdas.shared.domain.guardrail import Guardrail, deployed_guardrail
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.infer_request import InferRequest
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.model_slots import ModelSlots
from lambdas.summaries.schema import line_in, prepared_in, run_in

# The function ends after 600 s: an answer that comes in the last moment can still be stored.
READ_TIMEOUT_SECONDS = 540
# The answer is paid by then: worth a few quick attempts before the state machine has all of it made again.
CHECK_ATTEMPTS = 4
CHECK_TIMEOUT_SECONDS = 10
# A little longer than the function may run: a crashed call's slot comes free soon, a running one's never too early.
SLOT_SECONDS = 630


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str
    results_bucket: str
    ledger_table: str
    slots_table: str
    max_model_calls: int
    models: str
    ledger_days: int
    guardrail_id: str
    guardrail_version: str
    guardrail_stream_mode: str
    guardrail_messages: str
    summaries_guardrail: str


@cache
def build_service() -> InferRequest:
    settings = load_settings(Settings)
    return InferRequest(
        documents=DynamoDbDocumentStore(aws_clients.dynamodb(), table=settings.documents_table),
        objects=S3ObjectStore(aws_clients.s3()),
        models=MeteredModels(
            models=BedrockChatModel(aws_clients.bedrock_runtime(attempts=1, read_timeout_seconds=READ_TIMEOUT_SECONDS)),
            catalog=load_catalog(settings.models),
            ledger=DynamoDbLedger(aws_clients.dynamodb(), table=settings.ledger_table, days=settings.ledger_days),
            intents="before",
            guardrail=_guardrail(settings),
            checker=_checker(settings),
        ),
        slots=ModelSlots(
            DynamoDbSlots(aws_clients.dynamodb(), table=settings.slots_table),
            most=settings.max_model_calls,
            seconds=SLOT_SECONDS,
        ),
        results_bucket=settings.results_bucket,
        guards_documents=settings.summaries_guardrail == "both",
    )


def _guardrail(settings: Settings) -> Guardrail | None:
    if settings.summaries_guardrail == "none":
        return None
    return deployed_guardrail(
        settings.guardrail_id, settings.guardrail_version, settings.guardrail_stream_mode, settings.guardrail_messages
    )


def _checker(settings: Settings) -> BedrockGuardrailChecker | None:
    """Where the document is assessed too, the guardrail goes along with the model's call."""
    if settings.summaries_guardrail != "output":
        return None
    client = aws_clients.bedrock_runtime(attempts=CHECK_ATTEMPTS, read_timeout_seconds=CHECK_TIMEOUT_SECONDS)
    return BedrockGuardrailChecker(client)


def infer(state: State) -> dict[str, Any]:
    """Raises the model's errors and InvalidAnswerError; the state machine decides what is tried again."""
    return asdict(build_service().infer(run_in(state), prepared_in(state), line_in(state)))


handler = workflow_step(infer)
