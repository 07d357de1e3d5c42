"""Turns a dropped object into a registered document and a started workflow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from lambdas.shared.domain.client import ClientDirectory
from lambdas.shared.domain.document import Document, must_start
from lambdas.shared.domain.document_store import DocumentStore
from lambdas.shared.domain.dropped_object import DroppedObject
from lambdas.shared.domain.execution import SummaryRun, SummaryWorkflow, run_of
from lambdas.shared.domain.timestamps import utc_now

StartOutcome = Literal["started", "ignored", "outdated_or_done"]


class StartSummary:
    """Safe to repeat for the same event: the record is written first, and the execution has one name for ever."""

    def __init__(
        self,
        *,
        documents: DocumentStore,
        workflow: SummaryWorkflow,
        clients: ClientDirectory,
        default_tenant: str,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._documents = documents
        self._workflow = workflow
        self._clients = clients
        self._default_tenant = default_tenant
        self._now = now

    def start(self, dropped: DroppedObject) -> StartOutcome:
        """Register and start, unless it is no document, is older than what is registered, or was started before."""
        if not dropped.is_document:
            return "ignored"
        run = run_of(dropped, tenant=self._tenant_of(dropped))
        arrived = _record(run, self._now())
        standing = self._documents.register(arrived)
        if not must_start(arrived, standing):
            return "outdated_or_done"
        self._workflow.start(run)
        return "started"

    def _tenant_of(self, dropped: DroppedObject) -> str:
        named = dropped.named_tenant
        known = named is not None and named != self._default_tenant and self._clients.tenant_exists(named)
        return named if named is not None and known else self._default_tenant


def _record(run: SummaryRun, received_at: datetime) -> Document:
    return Document(
        tenant=run.tenant,
        document_id=run.document_id,
        bucket=run.bucket,
        key=run.key,
        version_id=run.version_id,
        sequencer=run.sequencer,
        size=run.size,
        execution=run.execution,
        received_at=received_at,
    )
