"""Asks the model for one prepared record: the state "Ask the model"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_chat_model import BedrockChatModel
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_object_store import S3ObjectStore
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.infer_request import InferRequest
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.summaries.schema import prepared_in, run_in
from lambdas.summaries.workflow_step import State, workflow_step

# The function ends after 600 s: an answer that comes in the last moment can still be stored.
READ_TIMEOUT_SECONDS = 540


@dataclass(frozen=True, slots=True)
class Settings:
    results_bucket: str
    ledger_table: str
    models: str
    ledger_days: int


@cache
def build_service() -> InferRequest:
    settings = load_settings(Settings)
    return InferRequest(
        objects=S3ObjectStore(aws_clients.s3()),
        models=MeteredModels(
            models=BedrockChatModel(aws_clients.bedrock_runtime(attempts=1, read_timeout_seconds=READ_TIMEOUT_SECONDS)),
            catalog=load_catalog(settings.models),
            ledger=DynamoDbLedger(aws_clients.dynamodb(), table=settings.ledger_table, days=settings.ledger_days),
        ),
        results_bucket=settings.results_bucket,
    )


def infer(state: State) -> dict[str, Any]:
    """Raises the model's errors and InvalidAnswerError; the state machine decides what is tried again."""
    return asdict(build_service().infer(run_in(state), prepared_in(state)))


handler = workflow_step(infer)
