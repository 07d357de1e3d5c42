"""The workflow's first step: takes the document for this execution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lambdas.shared.domain.document import Step
from lambdas.shared.domain.document_store import DocumentStore
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.timestamps import utc_now


class ClaimDocument:
    """Says in the record that the work has begun."""

    def __init__(self, *, documents: DocumentStore, now: Callable[[], datetime] = utc_now) -> None:
        self._documents = documents
        self._now = now

    def claim(self, run: SummaryRun) -> None:
        """RECEIVED -> RUNNING. Raises SupersededError when a newer version is registered."""
        started_at = self._now()
        self._documents.claim(run, Step("claim", started_at, self._now()))
