"""Keeps the records of dropped objects: which version stands, whose it is, and that it is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lambdas.shared.domain.client import ClientDirectory
from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.document_store import DropRecords
from lambdas.shared.domain.dropped_object import DeletedObject, DroppedObject
from lambdas.shared.domain.execution import SummaryRun, run_of
from lambdas.shared.domain.timestamps import utc_now


@dataclass(frozen=True, slots=True)
class Removal:
    """`owners`: tenants whose record this deletion has ended."""

    outcome: Literal["deleted", "ignored", "outdated_or_done"]
    owners: tuple[str, ...] = ()


class DropRegister:
    """Safe to repeat for the same event, and whatever order events come in."""

    def __init__(
        self,
        *,
        documents: DropRecords,
        clients: ClientDirectory,
        default_tenant: str,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._documents = documents
        self._clients = clients
        self._default_tenant = default_tenant
        self._now = now

    def arrive(self, dropped: DroppedObject) -> tuple[Document, Document]:
        """The record that arrives, and the one that stands afterwards: an older version never takes its place."""
        arrived = record_of(run_of(dropped, tenant=self.tenant_of(dropped)), self._now())
        return arrived, self._documents.register(arrived)

    def remove(self, deletion: DeletedObject) -> Removal:
        """Mark the document DELETED, unless a newer version stands."""
        version = deletion.version
        tenant = self.tenant_of(version)
        # The default tenant too: it has what was dropped before its folder became a tenant's.
        owners = dict.fromkeys((tenant, self._default_tenant))
        standing = [each for owner in owners if (each := self._documents.mark_deleted(owner, deletion))]
        if standing:
            taken = tuple(each.tenant for each in standing if each.execution == deletion.execution)
            return Removal("deleted" if taken else "outdated_or_done", taken)
        if deletion.permanent:
            return Removal("ignored")  # The drop of this version, if it is told later, finds the version missing.
        # The drop itself may be told later: it finds this, and that it is older.
        marker = replace(record_of(run_of(version, tenant=tenant), self._now()), state=DocumentState.DELETED)
        self._documents.register(replace(marker, execution=deletion.execution))
        return Removal("deleted", (tenant,))

    def tenant_of(self, dropped: DroppedObject) -> str:
        """The tenant that the folder names, if there is one; else the default tenant."""
        named = dropped.named_tenant
        known = named is not None and named != self._default_tenant and self._clients.tenant_exists(named)
        return named if named is not None and known else self._default_tenant


def record_of(run: SummaryRun, received_at: datetime) -> Document:
    """The record of a version that has just arrived."""
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
