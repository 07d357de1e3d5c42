"""Ids, titles and the limits of a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.domain.conversation import (
    MAX_MESSAGE_BYTES,
    check_conversation_id,
    check_message,
    is_conversation_id,
    new_conversation_id,
    title_of,
)
from lambdas.shared.domain.errors import InvalidInputError, TooLargeError

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@given(st.integers(0, 10**12), st.integers(1, 10**9))
def test_ids_sort_as_their_times(milliseconds: int, later: int) -> None:
    earlier = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    assert new_conversation_id(earlier) < new_conversation_id(earlier + timedelta(milliseconds=later))


def test_ids_of_one_moment_differ() -> None:
    assert len({new_conversation_id(NOW) for _ in range(1000)}) == 1000


def test_an_id_has_its_form() -> None:
    assert is_conversation_id(new_conversation_id(NOW))


@pytest.mark.parametrize(
    "text", ["", "conv_", "conv_" + "0" * 25, "conv_" + "0" * 27, "conv_" + "U" * 26, "doc_" + "0" * 26, "conv_../x"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_conversation_id(text)
    assert refused.value.errors[0].pointer == "/conversation_id"


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_a_blank_message_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_message(text)
    assert refused.value.errors[0].pointer == "/message"


def test_a_message_is_measured_in_bytes() -> None:
    check_message("x" * MAX_MESSAGE_BYTES)
    check_message("한" * (MAX_MESSAGE_BYTES // 3))
    for long in ("x" * (MAX_MESSAGE_BYTES + 1), "한" * (MAX_MESSAGE_BYTES // 3 + 1)):
        with pytest.raises(TooLargeError, match="262,144"):
            check_message(long)


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("Hello", "Hello"),
        ("  two\n lines ", "two lines"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        ("word " * 20, "word " * 11 + "word…"),
    ],
)
def test_a_title_is_how_the_first_message_begins(message: str, title: str) -> None:
    assert title_of(message) == title
    assert len(title_of(message)) <= 60
