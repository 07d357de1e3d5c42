"""A planner on ports in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lambdas.shared.domain.bulk.archive_plan import BulkWish
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.sample_reading import ReadingLimits
from lambdas.shared.domain.bulk.source import AllowedSource
from lambdas.shared.domain.document_text import DocumentText
from lambdas.shared.domain.errors import UnreadableDocumentError
from lambdas.shared.domain.model_catalog import ModelCatalog
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.services.bulk.carry_run import CarryRun
from lambdas.shared.services.bulk.measure_sample import MeasureSample
from lambdas.shared.services.bulk.plan_run import BulkDefaults, PlanRun
from lambdas.shared.services.bulk.start_run import StartRun
from tests.fakes.bulk import InMemoryBulkRunStore, InMemoryBulkWorkflow, InMemorySamples, ListedSource, StaticQuotas
from tests.fakes.documents import InMemoryDocumentStore
from tests.fakes.models import small_catalog
from tests.fakes.summaries import InMemoryTenantOptions, StaticPrompts

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOURCE = "s3://archive/bulk/"
TEXT = b"Herons nest in alders near the weir. " * 20


class PlainReader:
    """Text is text; what begins with `%` cannot be read."""

    def read(self, content: bytes, name: str) -> DocumentText:
        if content.startswith(b"%"):
            raise UnreadableDocumentError("encrypted", code="encrypted")
        return DocumentText((content.decode(),), "en", "file")


def texts(count: int) -> list[Entry]:
    return [Entry("archive", f"bulk/{number:05}.txt", len(TEXT)) for number in range(count)]


class Desk:
    """Everything that planning, starting, stopping and resuming speak to; fields are replaced before the first use."""

    def __init__(
        self,
        *pages: Sequence[Entry],
        contents: Mapping[str, bytes] | None = None,
        source: ListedSource | None = None,
        samples: InMemorySamples | None = None,
        limits: ReadingLimits = ReadingLimits(),  # noqa: B008 - a value
        quotas: Mapping[str, int] | None = None,
        catalog: ModelCatalog | None = None,
        **defaults: Any,
    ) -> None:
        self.runs = InMemoryBulkRunStore()
        self.documents = InMemoryDocumentStore()
        self.workflow = InMemoryBulkWorkflow()
        self.source = source or ListedSource(*pages)
        known = {entry.key: TEXT for page in pages for entry in page}
        self.samples = samples or InMemorySamples({**known, **(contents or {})})
        self.carry = CarryRun(runs=self.runs, workflow=self.workflow)
        self.planner = PlanRun(
            runs=self.runs,
            pages=self.source,
            sample=MeasureSample(documents=self.samples, reader=PlainReader(), limits=limits),
            quotas=StaticQuotas(**(quotas or {})),
            catalog=catalog or small_catalog(),
            prompts=SummaryPrompts(StaticPrompts(), 8_000),
            tenants=InMemoryTenantOptions(),
            documents=self.documents,
            defaults=BulkDefaults(
                "fast", SummaryOptions(), lambda tenant: [AllowedSource("archive")], "none", **defaults
            ),
            now=lambda: NOW,
        )
        self.starter = self.new_starter()

    def new_starter(self) -> StartRun:
        return StartRun(plan=self.planner, runs=self.runs, carry=self.carry, now=lambda: NOW)


def wish(source: str = SOURCE, **fields: Any) -> BulkWish:
    if "max_usd" in fields:
        fields["max_usd"] = Decimal(fields["max_usd"])
    return BulkWish("acme", source, **fields)
