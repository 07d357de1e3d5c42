"""Work after the answer: only once it is closed, once, and whatever it raises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambdas.shared.runtime.after_answer import AnswerThenWork


def answer(log: list[str]) -> Iterator[bytes]:
    try:
        yield b"one"
        yield b"two"
    finally:
        log.append("answered")


def test_the_work_begins_when_the_answer_is_closed_and_not_before() -> None:
    log: list[str] = []
    pieces = AnswerThenWork(answer(log), [lambda: log.append("worked")])
    assert list(pieces) == [b"one", b"two"]
    assert log == ["answered"]
    pieces.close()
    pieces.close()
    assert log == ["answered", "worked"]


def test_work_may_be_added_while_the_answer_is_under_way() -> None:
    log: list[str] = []
    work: list[object] = []
    pieces = AnswerThenWork(answer(log), work)  # type: ignore[arg-type]
    next(pieces)
    work.append(lambda: log.append("worked"))
    pieces.close()
    assert log == ["answered", "worked"]


def test_a_failure_is_logged_without_its_words_and_the_rest_is_done(caplog: pytest.LogCaptureFixture) -> None:
    log: list[str] = []

    def fail() -> None:
        raise ValueError("what somebody wrote")

    AnswerThenWork(answer(log), [fail, lambda: log.append("worked")]).close()
    assert log[-1] == "worked"
    assert "ValueError" in caplog.text and "somebody" not in caplog.text
