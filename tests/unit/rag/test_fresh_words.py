"""Words of one process never repeat, and those of two have nothing in common."""

from __future__ import annotations

from lambdas.shared.services.fresh_words import FreshWords


def test_words_are_new_each_time_and_in_each_process() -> None:
    one, other = FreshWords(), FreshWords(size=16)
    words = [one() for _ in range(2_000)] + [other() for _ in range(2_000)]
    assert len(set(words)) == 4_000
    assert {len(word) for word in words} == {16, 32}
