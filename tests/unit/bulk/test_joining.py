"""Output rows against what was asked: each record has one result, and every paid row is billed."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.shared.domain.bulk.joining import Joined, join
from lambdas.shared.domain.bulk.output_row import MISSING, UNPARSEABLE, output_row
from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import InvalidAnswerError
from lambdas.shared.domain.summary import AnswerCutError

USAGE = {"inputTokens": 100, "outputTokens": 10, "totalTokens": 110}


def answer(record_id: str, text: str = "good", stop: str = "end_turn") -> dict[str, Any]:
    message = {"role": "assistant", "content": [{"text": text}]}
    return {
        "recordId": record_id,
        "modelInput": {},
        "modelOutput": {"output": {"message": message}, "stopReason": stop, "usage": USAGE},
    }


def failed(record_id: str, code: Any = 500) -> dict[str, Any]:
    return {"recordId": record_id, "modelInput": {}, "error": {"errorCode": code, "errorMessage": "the document says"}}


def check(text: str, stop: str) -> None:
    if stop == "max_tokens":
        raise AnswerCutError("cut")
    if text == "bad":
        raise InvalidAnswerError("bad")


def joined(*lines: dict[str, Any] | None, expected: str = "abc") -> Joined:
    rows = [output_row(line) for line in lines]
    return join(rows, expected, check=check, price=lambda usage: Decimal(usage.input_tokens) / 1000)


def test_rows_are_joined_by_their_id_whatever_their_order() -> None:
    made = joined(answer("c", "three"), answer("a", "one"), answer("b", "two"))
    assert [(id_, result.text, result.error) for id_, result in made.results.items()] == [
        ("a", "one", None),
        ("b", "two", None),
        ("c", "three", None),
    ]
    assert (made.usage, made.cost_usd) == (TokenUsage(300, 30), Decimal("0.3"))
    assert made.counts.answers == 3


def test_a_record_without_a_row_is_missing_and_never_taken_for_done() -> None:
    made = joined(answer("a"))
    assert [result.error for result in made.results.values()] == [None, MISSING, MISSING]
    assert made.counts.missing == 2


def test_an_error_row_is_a_failed_record_whose_code_never_quotes_the_document() -> None:
    made = joined(failed("a"), failed("b", "Throttled"), failed("c", "the document says"))
    assert [result.error for result in made.results.values()] == [
        "batch_error_500",
        "batch_error_Throttled",
        "batch_error",
    ]
    assert (made.counts.errors, made.counts.answers, made.cost_usd) == (3, 0, Decimal(0))


@pytest.mark.parametrize(
    ("row", "code"),
    [(answer("a", "half", "max_tokens"), "answer_cut"), (answer("a", "bad"), "invalid_answer")],
)
def test_an_answer_that_cannot_be_used_failed_and_was_paid(row: dict[str, Any], code: str) -> None:
    made = joined(row, expected="a")
    assert made.results["a"].error == code
    assert made.results["a"].spent.cost_usd == made.cost_usd == Decimal("0.1")
    assert made.counts.unusable == 1


def test_a_doubled_row_counts_once_and_is_billed_as_often_as_it_came() -> None:
    made = joined(answer("a", "first"), answer("a", "second"), expected="a")
    assert (made.results["a"].text, made.counts.duplicates) == ("first", 1)
    assert made.cost_usd == Decimal("0.2")


@pytest.mark.parametrize("rows", [(failed("a"), answer("a")), (answer("a"), failed("a"))])
def test_an_answer_beats_an_error_of_the_same_record(rows: tuple[dict[str, Any], ...]) -> None:
    assert joined(*rows, expected="a").results["a"].error is None


def test_unknown_and_unparseable_rows_are_counted_and_belong_to_nobody() -> None:
    made = joined(answer("a"), answer("z"), None, {"recordId": 7}, {"x": 1}, expected="a")
    assert list(made.results) == ["a"]
    assert (made.counts.unknown, made.counts.unparseable) == (1, 3)
    assert made.cost_usd == Decimal("0.2"), "somebody pays for the stranger's answer"


@pytest.mark.parametrize("output", [None, {}, {"output": {}}, {"output": {"message": {"content": "text"}}}, "text", 3])
def test_an_answer_of_another_shape_is_unparseable(output: Any) -> None:
    made = joined({"recordId": "a", "modelOutput": output}, expected="a")
    assert made.results["a"].error == UNPARSEABLE


def test_what_one_price_does_not_know_is_not_known_in_all() -> None:
    made = join([output_row(answer("a"))], ["a", "b"], check=check, price=lambda usage: None)
    assert (made.cost_usd, made.results["a"].spent, made.results["b"].spent) == (None, Spent(None), Spent())


ROWS = st.lists(
    st.one_of(
        st.builds(answer, st.sampled_from("abcdz"), st.sampled_from(["good", "bad"])),
        st.builds(failed, st.sampled_from("abcdz")),
        st.none(),
    ),
    max_size=14,
)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(rows=ROWS, seed=st.integers(0, 5))
def test_every_expected_record_has_one_result_and_the_order_of_rows_changes_no_outcome(
    rows: list[dict[str, Any] | None], seed: int
) -> None:
    made = joined(*rows, expected="abcd")
    assert list(made.results) == list("abcd")
    shuffled = list(rows)
    Random(seed).shuffle(shuffled)
    again = joined(*shuffled, expected="abcd")
    assert {id_: result.error is None for id_, result in again.results.items()} == {
        id_: result.error is None for id_, result in made.results.items()
    }
    assert (again.cost_usd, again.usage, again.counts.missing) == (made.cost_usd, made.usage, made.counts.missing)
    counts = made.counts
    assert len(rows) == (4 - counts.missing) + counts.duplicates + counts.unknown + counts.unparseable
