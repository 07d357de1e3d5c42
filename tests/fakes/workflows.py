"""A fake of the workflow engine's front door."""

from __future__ import annotations

from collections.abc import Callable

from lambdas.shared.domain.execution import SummaryRun


class InMemoryWorkflow:
    """Keeps each execution's run under its name; a name that is taken is left alone. `before` may raise."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.runs: dict[str, SummaryRun] = {}
        self.calls = 0
        self.before = before

    def start(self, run: SummaryRun) -> None:
        self.before()
        self.calls += 1
        self.runs.setdefault(run.execution, run)
