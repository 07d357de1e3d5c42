"""What a thousand documents cost: the parts add up, and what is not known is never nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from lambdas.shared.domain.document_cost import DocumentShape, model_costs, orchestration_costs
from lambdas.shared.domain.guardrail import GuardrailPrices
from lambdas.shared.domain.model_card import Prices
from ops.__main__ import main
from stacks.compiled_catalog import compile_catalog
from tests.fakes.models import model_card, small_catalog

ROOT = Path(__file__).parents[3]


def amounts(lines: object) -> dict[str, Decimal | None]:
    return {line.name: line.usd for line in lines}  # type: ignore[attr-defined]


def test_a_short_document_takes_five_transitions() -> None:
    assert amounts(orchestration_costs(DocumentShape()))["Step Functions"] == 5 * Decimal("0.000025")


def test_sections_add_calls_transitions_and_prompts() -> None:
    model = small_catalog().resolve("fast")
    short, long = (amounts(model_costs(DocumentShape(sections=n), model, None))["Tokens"] for n in (1, 4))
    assert short is not None and long is not None and long > short
    assert short == (Decimal(1500 + 420) * 1 + Decimal(250) * 2) / 1_000_000
    few, many = (sum(filter(None, amounts(orchestration_costs(DocumentShape(sections=n))).values())) for n in (1, 4))
    assert many > 2 * few


def test_the_guardrail_is_billed_by_the_answers_units() -> None:
    prices = GuardrailPrices(content=Decimal("0.15"), topic=Decimal("0.15"), sensitive_information=Decimal("0.1"))
    cost = amounts(model_costs(DocumentShape(), small_catalog().resolve("fast"), prices))["Guardrail"]
    assert cost == Decimal("0.0004")


def test_a_price_that_is_not_known_is_not_nothing() -> None:
    unpriced = small_catalog(model_card(prices=Prices())).resolve("fast")
    assert amounts(model_costs(DocumentShape(), unpriced, None))["Tokens"] is None


def test_the_command_prints_tokens_and_orchestration_apart(capsys: pytest.CaptureFixture[str]) -> None:
    compile_catalog(ROOT)
    assert main(["cost", "--documents", "1000"]) == 0
    lines = {line.strip().split("  ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "$0.1250" in lines["Step Functions"] and "5 transitions" in lines["Step Functions"]
    assert {"model", "Tokens", "Guardrail", "orchestration", "Lambda", "S3", "DynamoDB", "all"} <= set(lines)


def test_a_model_that_is_not_in_the_catalogue_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    compile_catalog(ROOT)
    assert main(["cost", "--model", "acme.none-v1:0"]) == 1
    assert "acme.none-v1:0" in capsys.readouterr().err
