"""Writes the requests that join the sections of one level: the state "Merge sections"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.merge_sections import MergeSections
from lambdas.summaries.requests_wiring import request_writing
from lambdas.summaries.schema import prepared_in, run_in


@dataclass(frozen=True, slots=True)
class Settings:
    documents_table: str
    clients_table: str
    results_bucket: str
    models: str
    summary_model: str
    summary_style: str
    summary_language: str
    section_tokens: int


@cache
def build_service() -> MergeSections:
    return MergeSections(request_writing(load_settings(Settings)))


def merge(state: State) -> dict[str, Any]:
    """Raises SectionFailedError with the first missing section's reason."""
    return asdict(build_service().merge(run_in(state), prepared_in(state)))


handler = workflow_step(merge)
