"""The port to what is kept of runs between steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from lambdas.shared.domain.bulk.run import BulkRun
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
