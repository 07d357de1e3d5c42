"""Claims a document, reads it and writes the model requests for it: the state "Prepare requests"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.prepare_document import PrepareDocument
from lambdas.summaries.requests_wiring import request_writing
from lambdas.summaries.schema import run_in


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
def build_service() -> PrepareDocument:
    return PrepareDocument(request_writing(load_settings(Settings)), reader=DocumentTextReader())


def prepare(state: State) -> dict[str, Any]:
    """Raises UnreadableDocumentError with its reason, SupersededError when a newer version is registered."""
    return asdict(build_service().prepare(run_in(state)))


handler = workflow_step(prepare)
