"""Turns the documents of a key file into requests: the state "Prepare documents of a file"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.bulk.run_wiring import new_nonce, run_parts
from lambdas.bulk.summary_wiring import SummarySettings, content_policy, keeper, summary_parts
from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.runtime.invocation_time import TIME
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.bulk.prepare_documents import PrepareDocuments
from lambdas.shared.services.bulk.prepare_summary import PrepareSummary

# Reading waits for S3; documents may have 100 MB, so few of them are held at the same time.
WORKERS = 4


@dataclass(frozen=True, slots=True)
class Settings(SummarySettings):
    bulk_guardrail: str


@cache
def build_service() -> PrepareDocuments:
    settings = load_settings(Settings)
    parts, summaries = run_parts(settings), summary_parts(settings)
    preparer = PrepareSummary(
        objects=summaries.objects,
        documents=summaries.documents,
        reader=DocumentTextReader(),
        requests=summaries.requests,
        policy=content_policy(settings, summaries, used=settings.bulk_guardrail == "both"),
        keeper=keeper(settings, summaries, assesses=False),
    )
    return PrepareDocuments(
        runs=parts["runs"],
        files=parts["files"],
        preparer=preparer,
        new_id=new_nonce,
        time_is_up=TIME.is_up,
        workers=WORKERS,
    )


def prepare(state: State) -> dict[str, Any]:
    """Goes on with the file where the last step has committed."""
    return {"done": build_service().step(state["run_id"], state["number"], state["key"])}


handler = workflow_step(prepare)
