"""The port to summaries that a tenant has already: the same content is not paid for twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lambdas.shared.domain.summary import Summary


@dataclass(frozen=True, slots=True)
class ReuseKey:
    """Two documents of a tenant with the same key get the same summary."""

    content_hash: str
    prompt_version: str
    model: str


class ReusableSummaries(Protocol):
    """Kept by what they were made of, in each tenant's own."""

    def find_reusable(self, tenant: str, reuse: ReuseKey) -> Summary | None:
        """The summary that the tenant already has for this content."""
        ...

    def keep_reusable(self, tenant: str, reuse: ReuseKey, summary: Summary) -> None:
        """Remember a summary for the next document of this content."""
        ...
