"""Turns a dropped object into a registered document and a started workflow, and a deleted one into its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from lambdas.shared.domain.client import ClientDirectory
from lambdas.shared.domain.document import Document, DocumentState, must_start
from lambdas.shared.domain.document_store import DocumentStore
from lambdas.shared.domain.dropped_object import DeletedObject, DroppedObject
from lambdas.shared.domain.execution import SummaryRun, SummaryWorkflow, run_of
from lambdas.shared.domain.timestamps import utc_now

StartOutcome = Literal["started", "deleted", "ignored", "outdated_or_done"]


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

    def delete(self, deletion: DeletedObject) -> StartOutcome:
        """Mark the document DELETED, unless a newer version stands. What it became stays where it is."""
        version = deletion.version
        if not version.is_document:
            return "ignored"
        tenant = self._tenant_of(version)
        # The default tenant too: it has what was dropped before its folder became a tenant's.
        owners = dict.fromkeys((tenant, self._default_tenant))
        standing = [each for owner in owners if (each := self._documents.mark_deleted(owner, deletion))]
        if standing:
            taken = any(each.execution == deletion.execution for each in standing)
            return "deleted" if taken else "outdated_or_done"
        if deletion.permanent:
            return "ignored"  # The drop of this version, if it is told later, finds the version missing.
        # The drop itself may be told later: it finds this, and that it is older.
        marker = replace(_record(run_of(version, tenant=tenant), self._now()), state=DocumentState.DELETED)
        self._documents.register(replace(marker, execution=deletion.execution))
        return "deleted"

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
        attempt=run.attempt,
        received_at=received_at,
    )
