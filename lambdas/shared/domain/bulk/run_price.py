"""What a run costs: tokens in batch and on demand, guardrail units, and the orchestration around them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Literal, NamedTuple

from lambdas.shared.domain.bulk.spending import add_usd
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.guardrail import GuardrailPrices, GuardrailUnits, text_units
from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.price import batch_price, price, tier_of
from lambdas.shared.domain.service_prices import GB_SECOND, S3_READ, S3_WRITE, TABLE_READ, TABLE_WRITE, TRANSITION

GuardrailMode = Literal["none", "output", "both"]
_STEP = Decimal("0.000001")


class RequestShape(NamedTuple):
    """What a request looks like on average, in estimated tokens. `prompt_tokens` and `prompt_characters` are the
    instructions around a section; `input_factor`: so many tokens does the model count for an estimated one.
    `output_tokens` and `output_units` are an answer's, the latter in the guardrail's text units. `measured_on` answers
    of earlier runs, 0 = on none: typical of the style."""

    section_tokens: int
    prompt_tokens: int
    prompt_characters: int
    output_tokens: float
    output_units: float
    input_factor: float = 1.0
    measured_on: int = 0
    merged_at_once: int = 20


class RunPrices(NamedTuple):
    """Where prices come from. `guardrail_mode`: what the guardrail assesses, under which policies (fields of
    GuardrailUnits)."""

    model: ResolvedModel
    guardrail_mode: GuardrailMode
    guardrail: GuardrailPrices
    policies: tuple[str, ...] = ("content", "topic", "sensitive_information")


class SplitUsage(NamedTuple):
    """`batch_share` of the records goes into jobs. `documents` are read, of which `asked` get a summary; their texts
    have `input_units`."""

    records: int
    batch_share: Decimal
    jobs: int
    documents: int
    asked: int
    input_tokens: int
    output_tokens: int
    input_units: int


class RunCost(NamedTuple):
    """None = not known. `record_usd` is a record's in batch, without its orchestration."""

    usd: Decimal | None
    record_usd: Decimal | None
    guardrail_usd: Decimal | None
    token_usd: Decimal | None


def price_of(usage: SplitUsage, shape: RequestShape, prices: RunPrices) -> RunCost:
    """The whole run's price; unknown as soon as the price of anything that it uses is."""
    if not usage.records:
        return RunCost(Decimal(0), None, Decimal(0), Decimal(0))
    in_batch, on_demand = _token_prices(usage, prices.model)
    tokens = add_usd(_times(in_batch, usage.batch_share), _times(on_demand, 1 - usage.batch_share))
    guardrail = _guardrail(usage, shape, prices)
    total = add_usd(add_usd(tokens, guardrail), _orchestration(usage))
    each = _times(add_usd(in_batch, guardrail), Decimal(1) / usage.records)
    return RunCost(_rounded(total), each, _rounded(guardrail), _rounded(tokens))


def expected_units(characters: float) -> float:
    """Text units of a text of about this length: the price knows whole ones. The mean over lengths up to a fifth
    smaller and larger, as documents of about one size have them."""
    return sum(text_units(math.ceil(characters * part / 20)) for part in range(16, 25)) / 9


def transitions(usage: SplitUsage) -> int:
    """State transitions of a run whose jobs take a day: lists, key files, looks at jobs, swept parts."""
    key_files = -(-usage.documents // 500)
    pages = -(-usage.documents // 1000)
    swept = -(-int(usage.records * (1 - usage.batch_share)) // 500)
    return 40 + 2 * pages + 5 * key_files + 460 * usage.jobs + 8 * swept


def _token_prices(usage: SplitUsage, model: ResolvedModel) -> tuple[Decimal | None, Decimal | None]:
    """Of all tokens in batch, and of all on demand; the tier is an average record's."""
    tier = tier_of(TokenUsage(usage.input_tokens // usage.records, 0), model.card.prices)
    if tier is None:
        return None, None
    all_ = TokenUsage(usage.input_tokens, usage.output_tokens)
    flat = tier._replace(long_context_over=None)
    return batch_price(all_, flat, ratio=model.price_ratio), price(all_, flat, ratio=model.price_ratio)


def _guardrail(usage: SplitUsage, shape: RequestShape, prices: RunPrices) -> Decimal | None:
    """Of what jobs have answered, a document's one summary is assessed; on demand, each answer is."""
    if prices.guardrail_mode == "none":
        return Decimal(0)
    unit = prices.guardrail.price(GuardrailUnits(**dict.fromkeys(prices.policies, 1000)))
    texts = usage.asked * usage.batch_share + usage.records * (1 - usage.batch_share)
    units = texts * Decimal(shape.output_units)
    if prices.guardrail_mode == "both":
        units += usage.input_units
    return _times(unit, units / 1000)


def _orchestration(usage: SplitUsage) -> Decimal:
    """Per document a read, a summary in two forms, its row and its assessment's two, and a tenth of a second of a
    gigabyte."""
    each = S3_READ + 2 * S3_WRITE + TABLE_READ + 3 * TABLE_WRITE + GB_SECOND / 10
    return usage.documents * each + transitions(usage) * TRANSITION


def _times(one: Decimal | None, factor: Decimal) -> Decimal | None:
    """What is not used costs nothing, whatever its price."""
    if not factor:
        return Decimal(0)
    return None if one is None else one * factor


def _rounded(usd: Decimal | None) -> Decimal | None:
    return None if usd is None else usd.quantize(_STEP)
