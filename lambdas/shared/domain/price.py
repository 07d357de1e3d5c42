"""What a call costs, exactly: Decimal USD from tokens or queries, a price table and the profile's ratio."""

from __future__ import annotations

from decimal import Decimal

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.model_card import Prices

_MILLION = Decimal(1_000_000)
_STEP = Decimal("1E-10")
_ONE = Decimal(1)

ZERO_USD = Decimal(0)


def price(usage: TokenUsage, prices: Prices, *, ratio: Decimal = _ONE) -> Decimal | None:
    """USD of an on-demand call, rounded to ten digits; None when the price of anything that was used is not known.

    `ratio` is the inference profile's surcharge.
    """
    tier = tier_of(usage, prices)
    if tier is None:
        return None
    return _sum(
        (
            (usage.input_tokens, tier.input),
            (usage.output_tokens, tier.output),
            (usage.cache_read_tokens, tier.cache_read),
            (usage.cache_write_tokens, tier.cache_write),
        ),
        ratio,
    )


def batch_price(usage: TokenUsage, prices: Prices, *, ratio: Decimal = _ONE) -> Decimal | None:
    """USD of one record of a batch inference job; None when the model has no known batch price."""
    tier = tier_of(usage, prices)
    if tier is None or usage.cache_read_tokens or usage.cache_write_tokens:
        return None  # batch has no published price for cached tokens
    return _sum(((usage.input_tokens, tier.batch_input), (usage.output_tokens, tier.batch_output)), ratio)


def query_price(queries: int, prices: Prices) -> Decimal | None:
    """USD of a call to a model that is billed by the query; None when the price of one is not known."""
    return None if prices.query is None else queries * prices.query


def tier_of(usage: TokenUsage, prices: Prices) -> Prices | None:
    """The prices of such a call; None = not known."""
    if prices.long_context_over is None:
        return prices
    context = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    return prices.long_context if context > prices.long_context_over else prices


def _sum(parts: tuple[tuple[int, Decimal | None], ...], ratio: Decimal) -> Decimal | None:
    total = ZERO_USD
    for tokens, usd_per_million in parts:
        if tokens:
            if usd_per_million is None:
                return None
            total += tokens * usd_per_million
    return (total * ratio / _MILLION).quantize(_STEP)
