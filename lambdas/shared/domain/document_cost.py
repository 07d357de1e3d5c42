"""What it costs on AWS to summarize a dropped document: tokens and guardrail, and the services that carry it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.guardrail import CHARACTERS_PER_UNIT, GuardrailPrices, GuardrailUnits
from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.price import price
from lambdas.shared.domain.service_prices import (
    GB_SECOND,
    INVOCATION,
    MESSAGE,
    S3_READ,
    S3_WRITE,
    TABLE_READ,
    TABLE_WRITE,
    TRANSITION,
)


class DocumentShape(NamedTuple):
    """An average document. `input_tokens` without the prompt's; `model_seconds`: how long one call takes."""

    input_tokens: int = 1500
    output_tokens: int = 250
    sections: int = 1
    prompt_tokens: int = 420
    characters_per_token: int = 4
    model_seconds: Decimal = Decimal(3)


class CostLine(NamedTuple):
    """`usd` is one document's; None = not known."""

    name: str
    usd: Decimal | None
    why: str


def orchestration_costs(shape: DocumentShape) -> Iterator[CostLine]:
    """What carries a document: measured on the workflow as it is deployed, rounded up."""
    calls = _calls(shape)
    # start, prepare, one choice, ask, collect; for sections: three more states, and two for each child execution
    states = 5 if shape.sections == 1 else 8 + 2 * shape.sections
    yield CostLine("Step Functions", states * TRANSITION, f"{states} transitions")
    seconds = Decimal("1.1") + calls * shape.model_seconds / 2 + Decimal("0.2")
    functions = 3 + calls
    yield CostLine("Lambda", seconds * GB_SECOND + functions * INVOCATION, f"{seconds:.1f} GB-seconds")
    writes, reads = 4 + calls, 4 + 3 * calls
    yield CostLine("S3", writes * S3_WRITE + reads * S3_READ, f"{writes} writes, {reads} reads")
    rows = 16 + 4 * calls
    yield CostLine("DynamoDB", rows * TABLE_WRITE + 8 * TABLE_READ, f"{rows} write units, its indexes too")
    yield CostLine("SQS, EventBridge", 3 * MESSAGE, "one event in, one out")


def model_costs(shape: DocumentShape, model: ResolvedModel, guardrail: GuardrailPrices | None) -> Iterator[CostLine]:
    """The tokens of all calls, and the guardrail on each answer (None = it assesses nothing)."""
    calls = _calls(shape)
    merged = shape.sections * shape.output_tokens if shape.sections > 1 else 0
    usage = TokenUsage(shape.input_tokens + merged + calls * shape.prompt_tokens, calls * shape.output_tokens)
    tokens = f"{usage.input_tokens:,} in, {usage.output_tokens:,} out"
    yield CostLine("Tokens", price(usage, model.card.prices, ratio=model.price_ratio), tokens)
    if guardrail is not None:
        units = calls * -(-shape.output_tokens * shape.characters_per_token // CHARACTERS_PER_UNIT)
        usd = guardrail.price(GuardrailUnits(content=units, topic=units, sensitive_information=units))
        yield CostLine("Guardrail", usd, f"{units} units of three policies")


def _calls(shape: DocumentShape) -> int:
    return 1 if shape.sections == 1 else shape.sections + 1
