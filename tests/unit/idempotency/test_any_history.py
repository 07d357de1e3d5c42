"""Whatever happens in whatever order: a key never pays twice while its first call may still run, and replays agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, rule, run_state_machine_as_test

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.errors import (
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
    ModelStreamInterruptedError,
    ModelThrottledError,
)
from lambdas.shared.domain.idempotency import Claim, EarlierCall
from lambdas.shared.runtime.http import Request, Response
from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
from lambdas.shared.runtime.sse import sse_event, sse_response
from lambdas.shared.services.idempotent_calls import IdempotentCalls
from tests.fakes.idempotency import Clock, InMemoryIdempotencyStore

TIMEOUT = timedelta(seconds=300)
# Lambda has been seen to end functions this much too late.
LATE = timedelta(milliseconds=680)
DAY = timedelta(hours=24)
SETTINGS = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass(eq=False)
class Run:
    """One execution of the route. It may go on until `killed_at`, unless it `ended`."""

    name: str
    fate: str
    sent: str
    number: int
    killed_at: datetime
    ended: bool = False
    body: Any = None


@dataclass(frozen=True)
class Kept:
    run: Run
    fingerprint: str
    until: datetime


class Histories(RuleBasedStateMachine):
    """Callers retry, hang up and send other bodies; functions are killed; time passes; TTL tidies up."""

    runs = Bundle("runs")
    store_class = InMemoryIdempotencyStore

    @initialize()
    def open(self) -> None:
        self.clock = Clock()
        self.store = self.store_class()
        self.started: list[Run] = []
        self.kept: dict[str, Kept] = {}
        self.paying = 0
        calls = IdempotentCalls(store=self.store, now=self.clock)
        self.routes = IdempotentRoutes(calls=calls, paid_calls=lambda: self.paying)

    @rule(
        target=runs,
        name=st.sampled_from(["ann a", "ann b", "bob a"]),
        body=st.sampled_from(["{}", '{"x":1}']),
        fate=st.sampled_from(["well", "well", "throttled", "breaks"]),
    )
    def send(self, name: str, body: str, fate: str) -> Run | None:
        run = Run(name, fate, body, len(self.started), self.clock() + TIMEOUT)
        known = len(self.started)
        owner, key = name.split()
        headers = {"idempotency-key": key}
        request = Request(
            "POST", "/chat", {}, {}, headers, body.encode(), Caller("acme", "shop", owner), "", lambda: 300
        )
        try:
            response = self.routes.run(lambda _: self._execute(run), request)
        except IdempotencyInProgressError:
            assert any(each.name == name and not each.ended for each in self.started), "nothing was running"
            return None
        except IdempotencyKeyReusedError:
            return None
        except ModelThrottledError:
            run.ended = True
            return None
        kept = self._kept(name)
        if len(self.started) == known:
            assert kept is not None and kept.fingerprint == body, "a replay of nothing, or of another body"
            self._check_replay(response, kept.run)
            return None
        assert kept is None, "ran although its answer was kept"
        run.body = response.body
        return run

    def _execute(self, run: Run) -> Response:
        alive = [each for each in self.started if each.name == run.name and not each.ended]
        assert not [each for each in alive if self.clock() <= each.killed_at + LATE], "two calls of a key at a time"
        self.started.append(run)
        if run.fate == "throttled":
            raise ModelThrottledError("slow")
        return sse_response(self._produce(run), lambda item: sse_event(*item))

    def _produce(self, run: Run) -> Iterator[tuple[str, object]]:
        yield "start", {}
        self.paying += 1
        yield "delta", {"text": str(run.number)}
        if run.fate == "breaks":
            raise ModelStreamInterruptedError(f"broke {run.number}")
        yield "delta", {"text": "."}
        yield "done", {"number": run.number}

    @rule(run=runs, events=st.integers(1, 4))
    def read(self, run: Run | None, events: int) -> None:
        if self._lives(run):
            for _ in range(events):
                before = self.paying
                event = next(run.body, None)
                assert self.paying - before <= 1
                if event is None or event.startswith((b"event: done", b"event: error")):
                    self._ended(run)

    @rule(run=consumes(runs))
    def hang_up(self, run: Run | None) -> None:
        if self._lives(run):
            run.body.close()
            self._ended(run)

    @rule(minutes=st.sampled_from([0.01, 1, 4.99, 5, 5.2, 60, 60 * 12, 60 * 24]), tidies=st.booleans())
    def time_passes(self, minutes: float, tidies: bool) -> None:
        self.clock.advance(minutes=minutes)
        if tidies:
            self.store.tidy(self.clock())

    def _lives(self, run: Run | None) -> bool:
        return run is not None and not run.ended and self.clock() <= run.killed_at + LATE

    def _ended(self, run: Run) -> None:
        if not run.ended:
            run.ended = True
            self.kept[run.name] = Kept(run, run.sent, self.clock() + DAY)

    def _kept(self, name: str) -> Kept | None:
        found = self.kept.get(name)
        return found if found and self.clock() < found.until else None

    def _check_replay(self, response: Response, first: Run) -> None:
        assert response.headers["idempotency-replayed"] == "true"
        start = sse_event("start", {})
        assert isinstance(response.body, bytes) and response.body.startswith(start)
        if first.fate == "breaks":
            assert f"broke {first.number}".encode() in response.body
        else:
            text, done = {"text": f"{first.number}."}, {"number": first.number}
            assert response.body == start + sse_event("delta", text) + sse_event("done", done)


class _ForgetsWhoRuns(InMemoryIdempotencyStore):
    """Looks for answers and not for claims: the usual mistake."""

    def begin(self, claim: Claim) -> EarlierCall | None:
        earlier = super().begin(claim)
        return earlier if earlier and earlier.ended else None


class _ReleasesEverything(InMemoryIdempotencyStore):
    """Releases claims of others too."""

    def release(self, claim: Claim) -> None:
        self._records.pop(claim.call_id, None)

    def keep(self, claim: Claim, answer: object, *, until: datetime) -> bool:
        self.release(claim)
        return True


def test_no_history_pays_twice_or_tells_two_stories() -> None:
    run_state_machine_as_test(Histories, settings=SETTINGS)


@pytest.mark.parametrize("broken", [_ForgetsWhoRuns, _ReleasesEverything])
def test_and_this_test_would_notice(broken: type[InMemoryIdempotencyStore]) -> None:
    class Broken(Histories):
        store_class = broken

    with pytest.raises(AssertionError):
        run_state_machine_as_test(Broken, settings=settings(SETTINGS, phases=[Phase.generate]))
