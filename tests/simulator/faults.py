"""What goes wrong in a history, drawn from its seed: each seed has some kinds of faults, and none of the others."""

from __future__ import annotations

from random import Random

# kind -> the highest rate it may have
KINDS = {
    "throttle": 0.3,  # the batch service turns a request away
    "submit_answer_lost": 0.4,  # a submit is carried out or not, and nobody is told
    "submit_never_arrived": 0.3,
    "no_answer": 0.2,  # looking, finding and stopping time out
    "refused": 0.1,  # an access denied that goes away
    "list_lags": 0.7,  # a new job is not listed for a while
    "look_lags": 0.5,  # a new job is not known for a while
    "job_fails": 0.4,
    "job_fails_halfway": 0.2,
    "job_partial": 0.4,
    "job_expires": 0.2,
    "job_stopped_by_stranger": 0.2,
    "job_vanishes": 0.05,
    "counts_missing": 0.3,
    "error_row": 0.3,
    "missing_row": 0.3,
    "duplicate_row": 0.3,
    "unknown_row": 0.3,
    "unparseable_row": 0.2,
    "cut_answer": 0.2,
    "invalid_answer": 0.2,
    "late_output": 0.4,
    "strangers": 0.8,  # other people's jobs fill the quota
    "crash_before": 0.02,  # a worker dies before a port's effect
    "crash_after": 0.02,  # ... after the effect, before it could tell anybody
    "lost_result": 0.1,  # a step's answer never reaches the workflow
    "doubled_step": 0.2,  # a step runs twice, one after the other
    "rival_step": 0.03,  # a step runs while the same step is in the middle of its work
    "short_time": 0.1,  # a function runs out of time
    "execution_dies": 0.6,
    "second_execution": 0.4,
    "operator_stops": 0.6,
    "on_demand_throttled": 0.3,
    "on_demand_unavailable": 0.2,
    "on_demand_refused": 0.1,
    "clock_skew": 0.9,
    "event": 0.8,  # a job's end is announced, late, out of order, or twice; where it is not drawn, never
}


class Faults:
    """Asks the seed's luck. `rates` may be given, for tests of one kind."""

    def __init__(self, random: Random, rates: dict[str, float] | None = None) -> None:
        self._luck = random.random
        self.rates = _drawn(random) if rates is None else rates
        self.seen: dict[str, int] = {}

    def strike(self, kind: str) -> bool:
        rate = self.rates.get(kind)
        if rate is None or self._luck() >= rate:
            return False
        self.seen[kind] = self.seen.get(kind, 0) + 1
        return True


def _drawn(random: Random) -> dict[str, float]:
    """Some histories are calm, some have everything; most have a handful of faults that meet each other."""
    share = random.choice((0.0, 0.2, 0.2, 0.4, 0.7, 1.0))
    return {kind: random.uniform(0.1, 1.0) * most for kind, most in KINDS.items() if random.random() < share}
