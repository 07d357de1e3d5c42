"""What the rest of the company hears about a document."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class SummaryReady:
    """The result objects exist and the record says SUMMARIZED. `cost_usd` None = not known."""

    detail_type: ClassVar[str] = "Summary Ready"
    document_id: str
    tenant: str
    bucket: str
    key: str
    result_key: str
    markdown_key: str
    model: str
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class SummaryFailed:
    """The record says FAILED or DELETED, and this is why."""

    detail_type: ClassVar[str] = "Summary Failed"
    document_id: str
    tenant: str
    bucket: str
    key: str
    code: str
    detail: str


class Announcer(Protocol):
    """Tells whoever listens."""

    def publish(self, announcement: SummaryReady | SummaryFailed) -> None:
        """At least once: a step that is repeated after a crash publishes again."""
        ...
