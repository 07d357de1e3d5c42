"""What a run costs: tokens in batch and on demand, guardrail units, and the orchestration around them."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.guardrail import CHARACTERS_PER_UNIT, GuardrailPrices, GuardrailUnits
from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.price import batch_price, price

GuardrailMode = Literal["none", "output", "both"]
_CENT = Decimal("0.0001")


class RequestShape(NamedTuple):
    """What a request looks like on average. `prompt_tokens` and `prompt_characters` are the instructions around a
    section; `output_tokens` and `output_characters` are an answer's."""

    section_tokens: int
    prompt_tokens: int
    prompt_characters: int
    output_tokens: int
    output_characters: int
    merged_at_once: int = 20


class OrchestrationPrices(NamedTuple):
    """USD of what carries a run, us-east-1; https://aws.amazon.com/step-functions/pricing/,
    https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/lambda/pricing/ (arm64)."""

    transition: Decimal = Decimal("0.000025")
    s3_read: Decimal = Decimal("0.0000004")
    s3_write: Decimal = Decimal("0.000005")
    gigabyte_second: Decimal = Decimal("0.0000133334")
    as_of: str = "2026-11-21"


class RunPrices(NamedTuple):
    """Where prices come from. `guardrail_mode`: what the guardrail assesses of each record."""

    model: ResolvedModel
    guardrail_mode: GuardrailMode
    guardrail: GuardrailPrices
    orchestration: OrchestrationPrices = OrchestrationPrices()


class SplitUsage(NamedTuple):
    """`batch_share` of the records goes into jobs."""

    records: int
    batch_share: Decimal
    jobs: int
    documents: int
    input_tokens: int
    output_tokens: int
    input_characters: int


class RunCost(NamedTuple):
    """None = not known. `record_usd` is a record's in batch, without its orchestration."""

    usd: Decimal | None
    record_usd: Decimal | None
    guardrail_usd: Decimal | None
    token_usd: Decimal | None

    def bound(self, tokens: int, usage: SplitUsage) -> Decimal | None:
        """What so many content tokens more or less would change."""
        if self.token_usd is None or not usage.input_tokens:
            return None if self.token_usd is None else Decimal(0)
        return (self.token_usd * tokens / (usage.input_tokens + usage.output_tokens)).quantize(_CENT)


def price_of(usage: SplitUsage, shape: RequestShape, prices: RunPrices) -> RunCost:
    """The whole run's price; unknown as soon as the price of anything that it uses is."""
    if not usage.records:
        return RunCost(Decimal(0), None, Decimal(0), Decimal(0))
    record = TokenUsage(round(usage.input_tokens / usage.records), shape.output_tokens)
    card, ratio = prices.model.card, prices.model.price_ratio
    in_batch = batch_price(record, card.prices, ratio=ratio)
    on_demand = price(record, card.prices, ratio=ratio)
    batch_records = usage.records * usage.batch_share
    tokens = _plus(_times(in_batch, batch_records), _times(on_demand, usage.records - batch_records))
    guardrail = _guardrail(usage, shape, prices)
    total = _plus(_plus(tokens, guardrail), _orchestration(usage, prices.orchestration))
    each = _plus(in_batch, _times(guardrail, Decimal(1) / usage.records))
    return RunCost(None if total is None else total.quantize(_CENT), each, guardrail, tokens)


def transitions(usage: SplitUsage) -> int:
    """State transitions of a run whose jobs take a day: lists, key files, looks at jobs, swept parts."""
    key_files = -(-usage.documents // 500)
    pages = -(-usage.documents // 1000)
    swept = -(-int(usage.records * (1 - usage.batch_share)) // 500)
    return 40 + 2 * pages + 5 * key_files + 460 * usage.jobs + 8 * swept


def _guardrail(usage: SplitUsage, shape: RequestShape, prices: RunPrices) -> Decimal | None:
    """A text's last unit is half full on average."""
    if prices.guardrail_mode == "none":
        return Decimal(0)
    unit = prices.guardrail.price(GuardrailUnits(content=1000, topic=1000, sensitive_information=1000))
    if unit is None:
        return None
    units = Decimal(usage.records) * -(-shape.output_characters // CHARACTERS_PER_UNIT)
    if prices.guardrail_mode == "both":
        units += Decimal(usage.input_characters) / CHARACTERS_PER_UNIT + Decimal(usage.records) / 2
    return units * unit / 1000


def _orchestration(usage: SplitUsage, prices: OrchestrationPrices) -> Decimal:
    """Per document a read, a summary in two forms, and a tenth of a second of a gigabyte."""
    each = prices.s3_read + 2 * prices.s3_write + prices.gigabyte_second / 10
    return usage.documents * each + transitions(usage) * prices.transition


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _times(one: Decimal | None, factor: Decimal) -> Decimal | None:
    """What is not used costs nothing, whatever its price."""
    if not factor:
        return Decimal(0)
    return None if one is None else one * factor
