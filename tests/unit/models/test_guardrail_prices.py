"""What the guardrail costs is data: dated, with its source, and unknown rather than guessed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from lambdas.shared.adapters.json_model_catalog import load_catalog, load_guardrail_prices
from lambdas.shared.domain.guardrail import GuardrailPrices, GuardrailUnits
from stacks.compiled_catalog import CatalogError, compile_catalog
from tests.unit.models.catalogue import COMPILED

SOURCES = '[sources]\naws = "a page"\n'


def compiled(folder: Path, text: str) -> Path:
    (folder / "catalog").mkdir()
    (folder / "catalog" / "models.toml").write_text(text)
    return compile_catalog(folder)


def test_the_shipped_prices_are_dated_and_known_for_every_text_policy() -> None:
    prices = load_guardrail_prices(COMPILED)
    assert prices.as_of == "2026-11-21" and prices.source
    assert prices.price(GuardrailUnits(1000, 1000, 1000, 1000)) == Decimal("0.5")
    assert load_catalog("{}", COMPILED).guardrail_prices == prices


def test_an_unknown_price_is_not_zero() -> None:
    assert GuardrailPrices().price(GuardrailUnits(content=1)) is None
    assert GuardrailPrices().price(GuardrailUnits()) == 0


def test_a_catalogue_without_the_table_knows_no_price(tmp_path: Path) -> None:
    assert load_guardrail_prices(compiled(tmp_path, SOURCES)) == GuardrailPrices()


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('as_of = 2026-11-21\nsource = "aws"\nwords = 1', "guardrail: words: unknown key"),
        ('as_of = 2026-11-21\nsource = "aws"\ntopic = -1', "guardrail: topic: must not be negative"),
        ('source = "aws"', "guardrail: as_of: missing"),
        ('as_of = 2026-11-21\nsource = "hearsay"', "guardrail: source: 'hearsay' is not listed"),
    ],
)
def test_a_mistake_stops_the_synth(tmp_path: Path, table: str, complaint: str) -> None:
    with pytest.raises(CatalogError, match=complaint):
        compiled(tmp_path, f"{SOURCES}[guardrail]\n{table}\n")
