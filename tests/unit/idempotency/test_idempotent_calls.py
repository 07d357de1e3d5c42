"""A keyed call runs once: keys, bodies, claims, and how long an answer is kept."""

from __future__ import annotations

import logging
import math
from typing import Any

import pytest

from lambdas.shared.domain.errors import (
    IdempotencyAnswerLostError,
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
    InvalidInputError,
)
from lambdas.shared.domain.idempotency import KeptAnswer, body_fingerprint, call_id
from lambdas.shared.services.idempotent_calls import IdempotentCall, IdempotentCalls
from tests.fakes.idempotency import Clock, InMemoryIdempotencyStore

ANSWER = KeptAnswer(200, b'{"answer":"Hello."}', {"content-type": "application/json"})
REQUEST: dict[str, Any] = {
    "owner": "acme#shop#ann",
    "route": "POST /chat",
    "key": "5f2c",
    "body": b'{"message":"Hello"}',
    "remaining_seconds": 300,
}


class House:
    """Calls over a store in memory, and their clock."""

    def __init__(self, **store: Any) -> None:
        self.clock = Clock()
        self.store = InMemoryIdempotencyStore(**store)
        self.calls = IdempotentCalls(store=self.store, now=self.clock)

    def begin(self, **changes: Any) -> KeptAnswer | IdempotentCall:
        return self.calls.begin(**{**REQUEST, **changes})

    def begin_mine(self, **changes: Any) -> IdempotentCall:
        begun = self.begin(**changes)
        assert isinstance(begun, IdempotentCall)
        return begun


@pytest.fixture
def house() -> House:
    return House()


class TestReplay:
    def test_the_first_one_runs_and_the_next_get_its_answer(self, house: House) -> None:
        house.begin_mine().keep(ANSWER)
        assert [house.begin(), house.begin()] == [ANSWER, ANSWER]

    def test_a_server_error_that_was_kept_is_replayed_like_any_answer(self, house: House) -> None:
        broken = KeptAnswer(500, b"{}")
        house.begin_mine().keep(broken)
        assert house.begin() == broken

    @pytest.mark.parametrize(
        "body",
        [b'{ "message" : "Hello" }', b'{"message":"\\u0048ello"}\n', b'{"message":"Nobody","message":"Hello"}'],
    )
    def test_the_same_json_is_the_same_body(self, house: House, body: bytes) -> None:
        house.begin_mine().keep(ANSWER)
        assert house.begin(body=body) == ANSWER

    @pytest.mark.parametrize(
        "body", [b'{"message":"hello"}', b'{"message":"Hello","model":"fast"}', b"", b"Hello", b"\xff"]
    )
    def test_another_body_is_refused(self, house: House, body: bytes) -> None:
        house.begin_mine().keep(ANSWER)
        with pytest.raises(IdempotencyKeyReusedError):
            house.begin(body=body)
        assert house.begin() == ANSWER

    def test_another_body_is_refused_while_the_first_runs_too(self, house: House) -> None:
        house.begin_mine()
        with pytest.raises(IdempotencyKeyReusedError):
            house.begin(body=b"{}")

    def test_a_released_key_runs_again_even_with_another_body(self, house: House) -> None:
        house.begin_mine().release()
        house.begin_mine(body=b'{"message":"Better"}').keep(ANSWER)

    def test_an_answer_that_was_too_large_is_not_paid_for_again(self) -> None:
        house = House(largest_body=10)
        house.begin_mine().keep(ANSWER)
        with pytest.raises(IdempotencyAnswerLostError):
            house.begin()


class TestStrangers:
    @pytest.mark.parametrize(
        "changes",
        [
            {"owner": "rival#shop#ann"},
            {"owner": "acme#app#ann"},
            {"owner": "acme#shop#bob"},
            {"route": "POST /chat/stream"},
            {"key": "5f2C"},
        ],
    )
    def test_never_meet(self, house: House, changes: dict[str, Any]) -> None:
        house.begin_mine().keep(ANSWER)
        house.begin_mine(**changes).keep(KeptAnswer(200, b"theirs"))
        assert house.begin() == ANSWER

    def test_no_name_can_be_made_to_look_like_anothers(self) -> None:
        names = [
            ("a", "b", "c"),
            ("a", 'b","c', ""),
            ("a|b", "c", ""),
            ("a", "b|c", ""),
            ("", "a", "bc"),
            ("ab", "c", ""),
        ]
        assert len({call_id(owner=owner, route=route, key=key) for owner, route, key in names}) == len(names)

    def test_what_is_stored_names_nobody(self) -> None:
        assert set(call_id(owner="acme", route="POST /chat", key="secret")) <= set("0123456789abcdef")


class TestKeys:
    @pytest.mark.parametrize("key", ["a", "a" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "!~", "|#/"])
    def test_visible_ascii_is_taken(self, house: House, key: str) -> None:
        house.begin_mine(key=key).keep(ANSWER)
        assert house.begin(key=key) == ANSWER

    @pytest.mark.parametrize("key", ["", "a" * 256, "a b", " ", "a\n", "\x7f", "schlüssel", "키", "a\0"])
    def test_anything_else_is_refused_before_the_store_is_asked(self, house: House, key: str) -> None:
        with pytest.raises(InvalidInputError, match="1 to 255 visible ASCII"):
            house.begin(key=key)
        assert not house.store.calls


class TestInFlight:
    def test_the_second_is_told_to_come_back(self, house: House) -> None:
        running = house.begin_mine()
        with pytest.raises(IdempotencyInProgressError) as refused:
            house.begin()
        assert refused.value.retry_after_seconds == 5
        running.keep(ANSWER)
        assert house.begin() == ANSWER

    def test_and_sooner_where_the_claim_ends_sooner(self, house: House) -> None:
        house.begin_mine(remaining_seconds=0)
        house.clock.advance(seconds=9, milliseconds=999)
        with pytest.raises(IdempotencyInProgressError) as refused:
            house.begin()
        assert refused.value.retry_after_seconds == 1

    @pytest.mark.parametrize(
        ("remaining", "claimed"), [(300, 310), (29, 39), (0, 10), (-5, 10), (5_000, 910), (math.inf, 910)]
    )
    def test_a_claim_outlives_the_longest_that_the_function_may_run(
        self, house: House, remaining: float, claimed: int
    ) -> None:
        """A remaining time of 0 is a time like any other: it must not make the claim endless, or none at all."""
        house.begin_mine(remaining_seconds=remaining)
        house.clock.advance(seconds=claimed, milliseconds=-1)
        with pytest.raises(IdempotencyInProgressError):
            house.begin()
        house.clock.advance(milliseconds=1)
        house.begin_mine()

    def test_a_call_that_timed_out_runs_again_after_its_claim_and_its_late_answer_changes_nothing(
        self, house: House
    ) -> None:
        dead = house.begin_mine()
        house.clock.advance(seconds=310)
        second = house.begin_mine()
        dead.keep(KeptAnswer(200, b"late"))
        dead.release()
        with pytest.raises(IdempotencyInProgressError):
            house.begin()
        second.keep(ANSWER)
        assert house.begin() == ANSWER


class TestExpiry:
    @pytest.mark.parametrize("tidied", [False, True], ids=["ttl-late", "ttl-done"])
    def test_an_answer_is_kept_for_a_day_from_its_end(self, house: House, tidied: bool) -> None:
        call = house.begin_mine()
        house.clock.advance(seconds=200)
        call.keep(ANSWER)
        house.clock.advance(hours=24, milliseconds=-1)
        assert house.begin() == ANSWER
        house.clock.advance(milliseconds=1)
        if tidied:
            house.store.tidy(house.clock())
        house.begin_mine(body=b'{"message":"Another day"}')


class TestBrokenStore:
    def test_nothing_runs_that_cannot_be_claimed(self, house: House) -> None:
        house.store.failing["begin"] = ConnectionError("gone")
        with pytest.raises(ConnectionError):
            house.begin()

    @pytest.mark.parametrize("method", ["keep", "release"])
    def test_an_answer_survives_a_store_that_fails_and_the_claim_stays(
        self, house: House, method: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        call = house.begin_mine()
        house.store.failing[method] = ConnectionError("SECRET")
        with caplog.at_level(logging.WARNING):
            call.keep(ANSWER) if method == "keep" else call.release()
        assert "ConnectionError" in caplog.text and "SECRET" not in caplog.text
        with pytest.raises(IdempotencyInProgressError):
            house.begin()

    def test_a_lost_claim_is_logged(self, house: House, caplog: pytest.LogCaptureFixture) -> None:
        dead = house.begin_mine()
        house.clock.advance(seconds=310)
        house.begin_mine()
        dead.keep(ANSWER)
        assert "claim was lost" in caplog.text


@pytest.mark.parametrize("body", [b"[" * 100_000, b"1" * 5_000, b'"\\ud800"', b"NaN", b"", b"\xff\xfe"])
def test_every_body_has_a_fingerprint(body: bytes) -> None:
    assert body_fingerprint(body) == body_fingerprint(body) != body_fingerprint(body + b" x")
