"""Lists a page of a run's source into key files: the state "List source"."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.bulk.run_wiring import new_nonce, run_parts
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.s3_source_pages import S3SourcePages
from lambdas.shared.domain.bulk.source import AllowedSource, allowed_places
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.bulk.list_source import ListSource


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    results_bucket: str
    documents_bucket: str
    bulk_sources: str


@cache
def build_service() -> ListSource:
    settings = load_settings(Settings)
    sources = json.loads(settings.bulk_sources)

    def places(tenant: str) -> tuple[AllowedSource, ...]:
        return allowed_places(sources, documents_bucket=settings.documents_bucket, tenant=tenant)

    parts = run_parts(settings)
    pages = S3SourcePages(aws_clients.s3(), places=places)
    return ListSource(runs=parts["runs"], files=parts["files"], pages=pages, new_id=new_nonce)


def list_page(state: State) -> dict[str, Any]:
    """Raises InvalidInputError where the source cannot be listed."""
    page = build_service().step(state["run_id"], state.get("listed", {}).get("page", 0))
    return {"done": page is None, "page": page or 0}


handler = workflow_step(list_page)
