"""The port to a run's source."""

from __future__ import annotations

from typing import Protocol

from lambdas.shared.domain.bulk.listing import Page
from lambdas.shared.domain.bulk.run import BulkRun


class SourcePages(Protocol):
    """Lists a run's source."""

    def page(self, run: BulkRun, token: str | None) -> Page:
        """The page that the token names (None: the first). Raises InvalidInputError where the source cannot be read:
        no such bucket, no permission, another Region."""
        ...
