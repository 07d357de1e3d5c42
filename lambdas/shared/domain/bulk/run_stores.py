"""The ports to what is kept of runs and shards between steps, and to the slots that jobs are held in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.shard_job import ShardRef, ShardRow
from lambdas.shared.domain.errors import ConflictError


class RowChangedError(ConflictError):
    """Somebody else has saved the row since it was loaded: load it again."""

    code = "row_changed"


class BulkRunStore(Protocol):
    """Rows of runs."""

    def create(self, run: BulkRun) -> bool:
        """False when a run of this id exists; nothing has changed then."""
        ...

    def get(self, run_id: str) -> BulkRun:
        """Read consistently. Raises NotFoundError."""
        ...

    def save(self, run: BulkRun) -> BulkRun:
        """Save if the stored version is `run.version`; answers the row with its new version. Raises RowChangedError."""
        ...

    def active(self, tenant: str) -> Iterator[BulkRun]:
        """The tenant's runs that have not ended. Read consistently."""
        ...

    def of_tenant(self, tenant: str) -> Iterator[BulkRun]:
        """All runs of a tenant, in no order that matters. Read consistently."""
        ...


class ShardStore(Protocol):
    """Rows of shards: the ledger of jobs."""

    def get(self, ref: ShardRef) -> ShardRow:
        """Read consistently; a shard that nobody has touched is a NEW row of version 0."""
        ...

    def save(self, row: ShardRow) -> ShardRow:
        """Save if the stored version is `row.version`; answers the row with its new version. Raises RowChangedError."""
        ...

    def of_run(self, run_id: str) -> Iterator[ShardRow]:
        """All rows of a run that were saved at least once."""
        ...


class JobSlots(Protocol):
    """Slots for jobs of one model in one Region, shared by all runs of the deployment."""

    def take(self, scope: str, owner: str, limit: int) -> bool:
        """Take one of `limit` slots; True as well when the owner has one already. A slot outlives the longest job."""
        ...

    def release(self, scope: str, owner: str) -> None:
        """Give it back; nothing happens without one."""
        ...
