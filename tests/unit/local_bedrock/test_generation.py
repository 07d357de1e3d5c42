"""Limits are kept whatever the pieces look like."""

from __future__ import annotations

import pytest

from local.bedrock.brain import Finish
from local.bedrock.generation import Generation, pieces_of
from tests.unit.local_bedrock.prompts import prompt

TEXT = "The quick brown fox jumps over the lazy dog.\n한국어 문장입니다。 " + "unbroken" * 30 + " end \n"


def words(text: str) -> int:
    return len(text.split())


def generation(pieces: list[str | Finish], **limits: object) -> Generation:
    return Generation(iter(pieces), prompt("x", **limits), words)


def test_pieces_join_to_the_text() -> None:
    assert "".join(pieces_of(TEXT)) == TEXT
    assert max(len(piece) for piece in pieces_of(TEXT)) <= 60


def test_a_short_answer_ends_its_turn() -> None:
    whole = generation(["one two ", "three"], max_tokens=3)
    assert "".join(whole) == "one two three"
    assert (whole.stop_reason, whole.output_tokens) == ("end_turn", 3)


@pytest.mark.parametrize("pieces", [["one two three four five"], ["one ", "two ", "three ", "four ", "five"]])
def test_the_token_limit_cuts(pieces: list[str | Finish]) -> None:
    cut = generation(pieces, max_tokens=2)
    assert "".join(cut).strip() == "one two"
    assert (cut.stop_reason, cut.output_tokens) == ("max_tokens", 2)


def test_a_long_answer_is_cut_at_its_limit() -> None:
    cut = generation([f"word{number} " for number in range(2_000)], max_tokens=777)
    assert len("".join(cut).split()) == 777


@pytest.mark.parametrize("pieces", [["ab STOP cd"], ["ab S", "TO", "P cd"], list("ab STOP cd")])
def test_a_stop_sequence_is_found_across_pieces(pieces: list[str | Finish]) -> None:
    stopped = generation(pieces, stop_sequences=("NEVER", "STOP"))
    assert "".join(stopped) == "ab "
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", "STOP")


def test_what_only_looked_like_a_stop_sequence_is_sent() -> None:
    assert "".join(generation(["ab STO", "RE"], stop_sequences=("STOP",))) == "ab STORE"


def test_a_brain_may_know_better_why_it_stopped() -> None:
    finished = generation(["one", Finish("max_tokens")])
    assert "".join(finished) == "one"
    assert finished.stop_reason == "max_tokens"
