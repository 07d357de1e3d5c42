"""The rules in force: decides for each call and event which of them strike, counts and logs."""

from __future__ import annotations

import dataclasses
import random
import threading
from collections.abc import Callable, Iterable
from typing import Any

from local.faults.api_call import ApiCall
from local.faults.rule import FaultRule


class StandingRule:
    """A rule in force; `matched` calls or events met its patterns, `injected` of them were hit."""

    def __init__(self, number: int, rule: FaultRule) -> None:
        self.number = number
        self.rule = rule
        self.matched = self.injected = 0
        self._random = random.Random(rule.seed)  # noqa: S311  (repeatable on purpose)

    def strikes(self) -> bool:
        """Decide the next match. One draw for each match: the n-th decision depends on the seed alone."""
        self.matched += 1
        drawn = self._random.random() < self.rule.rate
        spent = self.rule.count is not None and self.injected >= self.rule.count
        if not drawn or spent or self.matched <= self.rule.skip:
            return False
        self.injected += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """As the control route shows it."""
        counts = {"matched": self.matched, "injected": self.injected}
        return {"id": self.number, **dataclasses.asdict(self.rule), **counts}


class FaultBook:
    """Safe under threads. `log` gets one line for each injected fault; `kill` ends a function's process by its id."""

    def __init__(self, *, log: Callable[[str], None] = print, kill: Callable[[str], bool] | None = None) -> None:
        self.log = log
        self.kill = kill
        self._lock = threading.Lock()
        self._standing: tuple[StandingRule, ...] = ()
        self._last = 0

    def __bool__(self) -> bool:
        return bool(self._standing)

    def add(self, *rules: FaultRule) -> tuple[StandingRule, ...]:
        """Put rules in force, after those that are."""
        with self._lock:
            added = tuple(StandingRule(self._last + 1 + place, rule) for place, rule in enumerate(rules))
            self._last += len(added)
            self._standing += added
        return added

    def standing(self) -> tuple[StandingRule, ...]:
        """The rules in force with their counts."""
        return self._standing

    def clear(self, number: int | None = None) -> int:
        """Remove one rule, or all; how many that were. What already strikes a call goes on to its end."""
        with self._lock:
            kept = tuple(each for each in self._standing if number is not None and each.number != number)
            removed = len(self._standing) - len(kept)
            self._standing = kept
        return removed

    def striking(self, call: ApiCall, *, subjects: Iterable[str]) -> tuple[StandingRule, ...]:
        """The rules that strike this call or event, in their order; each is logged."""
        with self._lock:
            found = tuple(each for each in self._standing if _meets(each.rule, call, subjects) and each.strikes())
        for each in found:
            rest = f"{each.injected} of {each.matched}"
            self.log(f"FAULT {each.number} {each.rule.kind} | {call} ({rest} that matched)")
        return found


def _meets(rule: FaultRule, call: ApiCall, subjects: Iterable[str]) -> bool:
    if rule.subject not in subjects or (rule.kind == "crash" and not call.process):
        return False
    return rule.meets(service=call.service, operation=call.operation, function=call.function)
