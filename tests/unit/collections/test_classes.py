"""The nearest examples vote."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.filter_parsing import parse_filter
from lambdas.shared.services.collection_classes import CollectionClasses, Verdict, Voting
from tests.unit.collections.shelf import CALLER, VECTORS, Shelf, text, vector


def a_verdict(*items: Any, at: list[float] | None = None, **voting: Any) -> Verdict:
    shelf = Shelf()
    shelf.create("points", VECTORS)
    if items:
        shelf.items.put(CALLER, "points", items)
    wanted = Voting(**{"label": "label", "top_k": 10, "min_margin": 0.2, **voting})
    return CollectionClasses(shelf.items).classify(CALLER, "points", at or [1.0, 0.0], wanted)


def test_votes_weigh_as_much_as_they_are_near() -> None:
    verdict = a_verdict(
        vector("a", [1.0, 0.0], label="east"),
        vector("b", [3.0, 4.0], label="north"),
        vector("c", [0.0, 1.0], label="north"),
    )
    assert [(label, round(share, 4)) for label, share in verdict.ranking] == [("east", 0.625), ("north", 0.375)]
    assert (round(verdict.margin, 4), verdict.uncertain, verdict.voters) == (0.25, False, 3)


def test_a_small_lead_is_uncertain() -> None:
    examples = [vector("a", [1.0, 0.0], label="east"), vector("b", [0.9, 0.1], label="north")]
    assert a_verdict(*examples).uncertain
    assert not a_verdict(*examples, min_margin=0.0).uncertain


def test_who_has_no_label_does_not_vote_and_takes_no_place() -> None:
    crowd = [vector(f"x{n}", [1.0, 0.0], other="label") for n in range(5)]
    verdict = a_verdict(*crowd, vector("a", [1.0, 1.0], label="east"), top_k=1)
    assert verdict[:4] == ([("east", 1.0)], 1.0, False, 1)


def test_several_labels_get_a_vote_each_and_what_is_no_text_none() -> None:
    verdict = a_verdict(vector("a", [1.0, 0.0], label=["east", "sun"]), vector("b", [1.0, 0.0], label=7))
    assert verdict.ranking == [("east", 0.5), ("sun", 0.5)] and verdict.uncertain


@pytest.mark.parametrize("items", [(), (vector("a", [1.0, 0.0]),)])
def test_without_examples_nothing_is_ranked_and_all_is_uncertain(items: tuple[Any, ...]) -> None:
    assert a_verdict(*items)[:4] == ([], 0.0, True, 0)


def test_examples_that_are_no_way_near_say_nothing() -> None:
    verdict = a_verdict(vector("a", [-1.0, 0.0], label="west"))
    assert (verdict.ranking, verdict.uncertain) == ([("west", 1.0)], True)


def test_a_filter_chooses_who_votes() -> None:
    items = [vector("a", [1.0, 0.0], label="east", year=1), vector("b", [0.0, 1.0], label="north", year=2)]
    assert a_verdict(*items, at=[1.0, 1.0], where=parse_filter({"year": 2})).ranking == [("north", 1.0)]


@pytest.mark.parametrize("label", ["tenant", "quarry_text", "$eq", ""])
def test_no_reserved_key_is_a_label(label: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        a_verdict(label=label)
    assert [error.pointer for error in caught.value.errors] == ["/label"]


def test_a_text_is_classified_and_paid_for_once() -> None:
    shelf = Shelf()
    shelf.create("spells")
    shelf.items.put(
        CALLER, "spells", [text("a", "casts a fireball", label="magician"), text("b", "bakes bread", label="baker")]
    )
    verdict = CollectionClasses(shelf.items).classify(CALLER, "spells", "she casts a fireball", Voting("label", 1, 0.2))
    assert verdict.ranking == [("magician", 1.0)] and verdict.spent.input_tokens == 4
