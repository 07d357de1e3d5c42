"""The window holds whole newest turns within the budget, whatever the history looks like."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.domain.chat_model import ChatMessage, Role
from lambdas.shared.domain.conversation import Message
from lambdas.shared.domain.tokens import estimate_tokens
from lambdas.shared.domain.window import window

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PLENTY = 1_000_000


def history(*texts: str, first: int = 0) -> list[Message]:
    roles: tuple[Role, Role] = ("user", "assistant")
    return [Message(first + n, roles[n % 2], text, NOW) for n, text in enumerate(texts)]


def remembered(messages: list[Message], budget: int = PLENTY) -> list[str]:
    return [message.text for message in window(reversed(messages), budget_tokens=budget).messages]


def cost(question: str, answer: str) -> int:
    """Tokens of one turn as the window counts them: found as the smallest budget that holds it."""
    return next(budget for budget in range(10_000) if remembered(history(question, answer), budget))


def test_everything_that_fits_is_there_in_order() -> None:
    assert remembered(history("q1", "a1", "q2", "a2")) == ["q1", "a1", "q2", "a2"]


def test_the_oldest_turn_goes_first_and_whole() -> None:
    turn = cost("q2", "a2")
    assert remembered(history("q1", "a1", "q2", "a2"), 2 * turn) == ["q1", "a1", "q2", "a2"]
    assert remembered(history("q1", "a1", "q2", "a2"), 2 * turn - 1) == ["q2", "a2"]
    assert remembered(history("q1", "a1", "q2", "a2"), turn - 1) == []


def test_an_older_short_turn_does_not_fill_the_gap_of_a_long_one() -> None:
    messages = history("q1", "a1", "long " * 500, "a2", "q3", "a3")
    assert remembered(messages, cost("q3", "a3") * 3) == ["q3", "a3"]


def test_an_empty_history_and_no_budget_give_nothing() -> None:
    assert remembered([]) == []
    assert remembered(history("q", "a"), 0) == []
    assert remembered(history("q", "a"), -5) == []


def test_messages_without_their_partner_are_passed_over() -> None:
    assert remembered(history("q1", "a1", "q2", "a2")[1:]) == ["q2", "a2"]
    assert remembered(history("q1", "a1", "q2")) == ["q1", "a1"]


def test_turns_with_a_blank_side_are_left_out_but_not_what_is_before_them() -> None:
    assert remembered(history("q1", "a1", "q2", "", "q3", "a3")) == ["q1", "a1", "q3", "a3"]


def test_interrupted_answers_are_remembered() -> None:
    messages = [Message(0, "user", "q", NOW), Message(1, "assistant", "half an ans", NOW, interrupted=True)]
    assert remembered(messages) == ["q", "half an ans"]


def test_reads_no_further_than_the_first_turn_that_does_not_fit() -> None:
    read: list[int] = []

    def newest_first() -> object:
        for message in reversed(history(*("text",) * 100)):
            read.append(message.number)
            yield message

    window(newest_first(), budget_tokens=2 * cost("text", "text"))  # type: ignore[arg-type]
    assert len(read) == 6


message = st.builds(
    lambda role, text: (role, text), st.sampled_from(["user", "assistant"]), st.text(alphabet="ab 한", max_size=40)
)


@given(st.lists(message, max_size=24), st.integers(-10, 300))
def test_any_history_gives_whole_alternating_newest_turns_within_the_budget(
    made: list[tuple[Role, str]], budget: int
) -> None:
    messages = [Message(number, role, text, NOW) for number, (role, text) in enumerate(made)]
    kept = window(reversed(messages), budget_tokens=budget).messages
    assert [m.role for m in kept] == ["user", "assistant"] * (len(kept) // 2)
    assert all(m.text.strip() for m in kept)
    assert sum(estimate_tokens(m.text) for m in kept) <= max(budget, 0)
    everything = window(reversed(messages), budget_tokens=PLENTY).messages
    assert kept == (everything[len(everything) - len(kept) :] if kept else ())
    assert is_subsequence(kept, messages)


def is_subsequence(kept: tuple[ChatMessage, ...], messages: list[Message]) -> bool:
    rest = iter((m.role, m.text) for m in messages)
    return all((m.role, m.text) in rest for m in kept)
