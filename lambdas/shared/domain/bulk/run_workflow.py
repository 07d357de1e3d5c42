"""The port to what carries a run through its steps."""

from __future__ import annotations

from typing import Literal, Protocol

from lambdas.shared.domain.bulk.run import BulkRun

Standing = Literal["absent", "running", "ended"]


class BulkWorkflow(Protocol):
    """Executions by their name, `BulkRun.execution`."""

    def start(self, run: BulkRun) -> None:
        """Start this attempt's execution once: one that is under way or has ended is left alone."""
        ...

    def standing(self, run: BulkRun) -> Standing:
        """What has become of this attempt's execution."""
        ...
