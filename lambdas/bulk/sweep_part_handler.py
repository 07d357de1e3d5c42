"""Asks on demand for what no job could take or answer: the state "Sweep part"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

from lambdas.bulk.round_wiring import round_parts
from lambdas.bulk.summary_wiring import (
    SummaryParts,
    SummarySettings,
    guardrail,
    guardrail_checker,
    keeper,
    summary_parts,
)
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_chat_model import BedrockChatModel
from lambdas.shared.adapters.dynamodb_slots import DynamoDbSlots
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.domain.summary import read_summary
from lambdas.shared.runtime.invocation_time import TIME
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.bulk.ask_on_demand import AskOnDemand
from lambdas.shared.services.bulk.merge_summaries import MergeSummaries
from lambdas.shared.services.bulk.settle_documents import SettleDocuments
from lambdas.shared.services.bulk.sweep_part import SweepPart
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.model_slots import ModelSlots

# A call that begins when time is almost up still ends within the function's 900 s.
READ_TIMEOUT_SECONDS = 80
SLOT_SECONDS = 930


@dataclass(frozen=True, slots=True)
class Settings(SummarySettings):
    slots_table: str
    max_model_calls: int


@cache
def build_service() -> SweepPart:
    settings = load_settings(Settings)
    summaries = summary_parts(settings)
    slots = DynamoDbSlots(aws_clients.dynamodb(), table=settings.slots_table)
    return SweepPart(
        **round_parts(settings),
        asker=AskOnDemand(
            metered=lambda call_id: _metered(settings, summaries, call_id),
            slots=ModelSlots(slots, most=settings.max_model_calls, seconds=SLOT_SECONDS),
        ),
        settle=SettleDocuments(
            merger=MergeSummaries(requests=summaries.requests), keeper=keeper(settings, summaries, assesses=False)
        ),
        check=read_summary,
        new_id=lambda: uuid4().hex,
        time_is_up=TIME.is_up,
    )


def _metered(settings: Settings, summaries: SummaryParts, call_id: str) -> MeteredModels:
    """Every answer is assessed where it is asked for, so that no summary needs to be assessed again."""
    return MeteredModels(
        models=BedrockChatModel(aws_clients.bedrock_runtime(attempts=1, read_timeout_seconds=READ_TIMEOUT_SECONDS)),
        catalog=load_catalog(settings.models),
        ledger=summaries.ledger,
        intents="before",
        guardrail=guardrail(settings),
        checker=guardrail_checker(),
        new_id=lambda: call_id,
    )


def sweep(state: State) -> dict[str, Any]:
    """Raises ModelThrottledError, NoSlotError and ModelUnavailableError: the state machine tries again for hours."""
    return {"done": build_service().step(state["run_id"], state["number"])}


handler = workflow_step(sweep)
