"""The ports to what is kept of shards between steps, and to the slots that jobs are held in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from lambdas.shared.domain.bulk.shard_job import ShardRef, ShardRow


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
