"""Prices: exact, in Decimal, and unknown where a price is not known."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.model_card import Prices
from lambdas.shared.domain.price import batch_price, price, query_price

PRICES = Prices(
    input=Decimal("0.06"),
    output=Decimal("0.24"),
    cache_read=Decimal("0.015"),
    cache_write=Decimal("0.075"),
    batch_input=Decimal("0.03"),
    batch_output=Decimal("0.12"),
)
LONG = PRICES._replace(
    long_context_over=1000, long_context=Prices(input=Decimal("0.3"), output=Decimal("1.2"), batch_input=Decimal("0.1"))
)


def test_every_kind_of_token_has_its_price() -> None:
    assert price(TokenUsage(1_000_000, 0), PRICES) == Decimal("0.06")
    assert price(TokenUsage(0, 1_000_000), PRICES) == Decimal("0.24")
    assert price(TokenUsage(0, 0, 1_000_000, 0), PRICES) == Decimal("0.015")
    assert price(TokenUsage(0, 0, 0, 1_000_000), PRICES) == Decimal("0.075")
    assert price(TokenUsage(1000, 200, 50, 10), PRICES) == Decimal("0.0001095000")


def test_a_profile_costs_its_ratio_more() -> None:
    assert price(TokenUsage(1_000_000, 1_000_000), PRICES, ratio=Decimal("1.1")) == Decimal("0.33")


def test_one_token_is_not_rounded_away() -> None:
    assert price(TokenUsage(1, 0), PRICES) == Decimal("0.0000000600")
    assert price(TokenUsage(0, 0, 1), PRICES, ratio=Decimal("1.31")) == Decimal("0.0000000196")  # 0.00000001965


def test_ten_digits_always() -> None:
    cost = price(TokenUsage(12345, 6789), PRICES, ratio=Decimal("1.32"))
    assert cost is not None
    assert cost.as_tuple().exponent == -10


def test_what_has_no_price_makes_the_cost_unknown() -> None:
    without_cache = PRICES._replace(cache_read=None, cache_write=None)
    assert price(TokenUsage(10, 10, 1, 0), without_cache) is None
    assert price(TokenUsage(10, 10, 0, 1), without_cache) is None
    assert price(TokenUsage(10, 10), without_cache) is not None
    assert price(TokenUsage(10, 10), Prices()) is None


def test_no_tokens_cost_nothing_even_without_a_price() -> None:
    assert price(TokenUsage(0, 0), Prices()) == 0


def test_a_long_input_has_the_long_price_for_all_of_it() -> None:
    assert price(TokenUsage(1000, 100), LONG) == price(TokenUsage(1000, 100), PRICES)
    assert price(TokenUsage(1001, 100), LONG) == Decimal("0.0004203000")
    assert price(TokenUsage(901, 100, 100, 0), LONG) is None  # what cached tokens cost beyond the limit is not known


def test_batch_costs_what_the_table_says() -> None:
    assert batch_price(TokenUsage(1_000_000, 1_000_000), PRICES) == Decimal("0.15")
    assert batch_price(TokenUsage(1_000_000, 0), PRICES, ratio=Decimal("1.1")) == Decimal("0.033")
    assert batch_price(TokenUsage(1, 1), PRICES._replace(batch_output=None)) is None
    assert batch_price(TokenUsage(1, 1, 1, 0), PRICES) is None
    assert batch_price(TokenUsage(2000, 1), LONG) is None


tokens = st.integers(0, 10_000_000)


@given(tokens, tokens, tokens, tokens)
def test_two_calls_cost_what_one_of_both_costs(a: int, b: int, c: int, d: int) -> None:
    apart = (price(TokenUsage(a, b), PRICES), price(TokenUsage(c, d), PRICES))
    together = price(TokenUsage(a + c, b + d), PRICES)
    assert apart[0] is not None
    assert apart[1] is not None
    assert apart[0] + apart[1] == together


def test_a_query_has_its_own_price_and_an_unknown_one_makes_the_cost_unknown() -> None:
    assert query_price(3, Prices(query=Decimal("0.002"))) == Decimal("0.006")
    assert query_price(1, Prices(input=Decimal(1))) is None
