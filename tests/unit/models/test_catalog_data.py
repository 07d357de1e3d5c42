"""The catalogue that ships: wide enough, honest about its sources, and readable by the functions."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from decimal import Decimal

import pytest

from lambdas.shared.adapters.embedding_formats import WIRE_FORMATS
from lambdas.shared.domain.model_card import ModelCard
from tests.unit.models.catalogue import CARDS, COMPILED, ROOT

BY_ID = {card.id: card for card in CARDS}


def test_every_model_of_the_file_becomes_a_card() -> None:
    written = tomllib.loads((ROOT / "catalog" / "models.toml").read_text(encoding="utf-8"))["models"]
    assert sorted(BY_ID) == sorted(model["id"] for model in written)
    assert len(json.loads(COMPILED.read_text())["models"]) == len(CARDS)


def test_many_models_of_many_providers() -> None:
    assert len(CARDS) >= 25
    assert len({card.provider for card in CARDS}) >= 6
    assert {card.kind for card in CARDS} == {"chat", "embedding", "rerank"}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_a_card_makes_sense(card: ModelCard) -> None:
    prices = card.prices
    assert date.fromisoformat(prices.as_of)
    assert prices.source
    assert card.on_demand or card.profiles, "it could not be called at all"
    assert all(Decimal("0.5") <= profile.price_ratio <= 2 for profile in (card.profiles or {}).values())
    if card.kind == "chat":
        assert prices.input is not None
        assert prices.output is not None
        assert card.context_tokens
        assert card.max_output_tokens
        assert card.capabilities.streaming
    if card.kind == "embedding":
        assert card.dimensions
        assert prices.input is not None
        assert card.context_tokens
    if card.kind == "rerank":
        assert prices.query is not None
        assert prices.input is None, "they are billed by the query"
    if prices.batch_input is not None and prices.input is not None:
        assert Decimal("0.4") <= prices.batch_input / prices.input <= Decimal("0.6"), "batch is about half the price"


def test_texts_are_embedded_in_every_format_that_is_spoken() -> None:
    formats = {card.id: card.embedding_format for card in CARDS if card.embedding_format}
    assert set(formats.values()) == set(WIRE_FORMATS)
    assert {card.kind for card in CARDS if card.embedding_format} == {"embedding"}
    assert BY_ID["amazon.titan-embed-text-v2:0"].dimensions[0] == 1024


def test_prices_are_the_exact_ones_of_the_file() -> None:
    assert BY_ID["amazon.nova-micro-v1:0"].prices.cache_read == Decimal("0.00875")
    haiku = BY_ID["anthropic.claude-haiku-5-5"].prices
    assert haiku.long_context is not None
    assert (haiku.long_context_over, haiku.long_context.input) == (100_000, Decimal("0.5"))


def test_something_works_without_form_or_subscription_for_every_alias() -> None:
    """The defaults fast, balanced and best must not need any paperwork."""
    free = [card for card in CARDS if card.kind == "chat" and card.access == "none" and card.provider == "Amazon"]
    assert len(free) >= 3
    assert all(card.capabilities.system and card.capabilities.stop_sequences for card in free)
    assert all(card.access == "form" for card in CARDS if card.provider == "Anthropic")
