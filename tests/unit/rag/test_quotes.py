"""A quotation is found with other typography, and never with other words."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.rag.quotes import find_quote

PASSAGE = (
    "The mill — built by Anna O’Neill — was “finished” in the\n  autumn of 1803, with 2 < 3 floors. It has a "
    "co\u00adop and an ofﬁce. Die Mühle heißt Große Straße. 水車は1803年に完成した。 It was re-\n  built well-known."
)


@pytest.mark.parametrize(
    ("quote", "original"),
    [
        ("finished", "finished"),
        ("was “finished” in the", "was “finished” in the"),
        ('was "finished" in the autumn of 1803', "was “finished” in the\n  autumn of 1803"),
        ("THE MILL - BUILT BY ANNA O'NEILL", "The mill — built by Anna O’Neill"),
        ("with 2 &lt; 3 floors", "with 2 < 3 floors"),
        ("a coop and an office", "a co\u00adop and an ofﬁce"),
        ("die mühle heisst grosse strasse", "Die Mühle heißt Große Straße"),
        ("水車は1803年", "水車は1803年"),
        ("The mill ... autumn of 1803", "The mill — built by Anna O’Neill — was “finished” in the\n  autumn of 1803"),
        ("...in the autumn of 1803...", "in the\n  autumn of 1803"),
        ("1803.", "1803"),
        ("was rebuilt well-known", "was re-\n  built well-known"),
    ],
)
def test_the_passages_own_words_are_found(quote: str, original: str) -> None:
    place = find_quote(quote, PASSAGE)
    assert place is not None
    assert PASSAGE[slice(*place)] == original


@pytest.mark.parametrize(
    "quote",
    [
        "finished in the winter of 1803",
        "built by Anna Neill",
        "autumn of 180",  # a part of a word is another word
        "ill",
        "autumn ... finished",  # not in this order
        "of",  # found everywhere
        "",
        "...",
        "\u200b",
        "finished \x00",
    ],
)
def test_other_words_are_not(quote: str) -> None:
    assert find_quote(quote, PASSAGE) is None
