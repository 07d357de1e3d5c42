"""The rows of `summaries.csv`."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.bulk.summary_table import COLUMNS, LARGEST_CELL, table_row
from lambdas.shared.domain.summary import Summary

SUMMARY = Summary("The harbour", "It was rebuilt.", ("Granite.", "A toll."), ("ports", "stone"), "en")


def row(outcome: Outcome) -> dict[str, str]:
    return dict(zip(COLUMNS, table_row(outcome.as_row()), strict=True))


def test_a_summary_stands_in_its_columns() -> None:
    assert row(Outcome("id", "a.txt", "succeeded", "r.json", None, Spent(Decimal("0.01")), SUMMARY)) == {
        "document": "a.txt", "outcome": "succeeded", "error": "", "title": "The harbour", "summary": "It was rebuilt.",
        "key_points": "Granite.\nA toll.", "topics": "ports\nstone", "language": "en", "cost_usd": "0.01",
        "result_key": "r.json", "document_id": "id",
    }  # fmt: skip


def test_a_failure_has_its_reason_and_an_unknown_price_is_empty() -> None:
    failed = row(Outcome("id", "a.txt", "failed", code="not_text", spent=Spent(None)))
    assert (failed["outcome"], failed["error"], failed["title"], failed["cost_usd"]) == ("failed", "not_text", "", "")


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula_whatever_the_document_says(text: str) -> None:
    summary = Summary(text, text, (text,), (text,), text)
    for cell in table_row(Outcome("id", text, "succeeded", summary=summary).as_row()):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert row(Outcome("id", text, "failed"))["document"] == f"'{text}"


def test_a_cell_is_no_longer_than_a_spreadsheet_holds_and_says_that_it_was_cut() -> None:
    cell = row(Outcome("id", "a", "succeeded", summary=Summary("t", "x" * 40_000, (), (), "en")))["summary"]
    assert len(cell) == LARGEST_CELL and cell.endswith("x [...]")
