"""A tally tells whether two piles name the same ids equally often."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.shared.domain.bulk.outcome import Account, Outcome, account_from
from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.bulk.tally import Tally, tally_from_text, tally_of

IDS = st.lists(st.sampled_from("abcdefg"), max_size=12)
EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True, database=None)


@EXAMPLES
@given(one=IDS, other=IDS)
def test_tallies_are_equal_exactly_where_the_same_ids_were_counted_equally_often(
    one: list[str], other: list[str]
) -> None:
    assert (tally_of(one) == tally_of(other)) is (Counter(one) == Counter(other))


@EXAMPLES
@given(one=IDS, other=IDS)
def test_piles_may_be_grouped_in_any_way(one: list[str], other: list[str]) -> None:
    assert tally_of(one).plus(tally_of(other)) == tally_of([*other, *one])
    assert tally_from_text(tally_of(one).as_text()) == tally_of(one)


def test_an_id_that_is_lost_while_another_counts_twice_does_not_stay_hidden() -> None:
    assert tally_of("abc").ids == tally_of("aac").ids
    assert tally_of("abc") != tally_of("aac")


def test_one_by_one_is_the_same() -> None:
    tally = Tally()
    for id_ in "abc":
        tally = tally.with_id(id_)
    assert tally == tally_of("cba")


@pytest.mark.parametrize("text", ["", "3", "x:00", "3:zz"])
def test_a_broken_text_is_no_tally(text: str) -> None:
    with pytest.raises(ValueError):
        tally_from_text(text)


def test_an_account_adds_up_and_survives_its_commit() -> None:
    account, other = Account(), Account()
    account.add(Outcome("a", "k", "succeeded", result_key="r"))
    account.add(Outcome("b", "k", "failed", code="not_text"))
    other.add(Outcome("c", "k", "skipped", result_key="r"))
    other.add(Outcome("d", "k", "failed", code="not_text"))
    account.add_all(other)
    assert account_from(account.as_json()) == account
    assert (account.succeeded, account.skipped, account.failed, account.codes) == (1, 1, 2, {"not_text": 2})
    assert account.tally == tally_of("abcd")


def test_an_outcome_s_line_has_a_result_or_an_error_and_exact_money() -> None:
    assert Outcome("a", "k", "failed", code="x", spent=Spent(None, Decimal("0.0004"))).as_row() == {
        "id": "a",
        "key": "k",
        "outcome": "failed",
        "error": "x",
        "cost_usd": None,
        "guardrail_usd": "0.0004",
    }
    assert Outcome("a", "k", "succeeded", result_key="r").as_row()["cost_usd"] == "0"
