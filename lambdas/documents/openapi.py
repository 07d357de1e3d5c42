"""The documents operations, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lambdas.documents.schema import DocumentList, DocumentView
from lambdas.shared.domain import errors
from lambdas.shared.domain.document import DocumentState
from lambdas.shared.runtime.operation import Operation, Parameter, page_parameters

_ITEM: dict[str, Any] = {
    "document_id": "doc_2b7e0c9c5a3d4f1e8b6a7c90",
    "key": "inbox/acme/heron-field-report.pdf",
    "state": "SUMMARIZED",
    "size": 4211,
    "received_at": "2026-11-21T09:13:09.874Z",
    "error": None,
    "cost_usd": 0.00022362,
}
_SUMMARY: dict[str, Any] = {
    "title": "Grey Herons on the Lower Sallow: Third Field Season",
    "summary": "A storm on the night of 18 April brought down four alders and eleven nests with them.",
    "key_points": ["Nine of those pairs did not breed again."],
    "topics": ["nests", "young birds"],
    "language": "en",
}
_VIEW: dict[str, Any] = {
    **_ITEM,
    "summary": _SUMMARY,
    "steps": [{"name": "prepare", "started_at": "2026-11-21T09:13:10.120Z", "ended_at": "2026-11-21T09:13:10.161Z"}],
    "model": "us.amazon.nova-lite-v1:0",
    "prompt_version": "summarize_brief.v1",
    "sections": 1,
    "usage": {"calls": 1, "input_tokens": 1480, "output_tokens": 212},
    "skipped": [],
    "reused": False,
    "result": {
        "bucket": "quarry-storage-resultsbucketa95a2103-kikv2k00y4ou",
        "key": "summaries/acme/heron-field-report.pdf.summary.json",
        "markdown_key": "summaries/acme/heron-field-report.pdf.summary.md",
    },
}
_STATE = Parameter(
    name="state",
    place="query",
    schema={"type": "string", "enum": [state.value for state in DocumentState]},
    description="Only documents in this state.",
    example="SUMMARIZED",
)
_DOCUMENT = Parameter(
    name="id",
    place="path",
    schema={"type": "string", "pattern": "^doc_[0-9a-f]{24}$"},
    description="A document of your tenant. Another tenant's is a 404, like one that does not exist.",
    example=_ITEM["document_id"],
)
_READ: dict[str, Any] = {"method": "GET", "tag": "documents", "handler": "documents/read", "scope": "documents"}

OPERATIONS = (
    Operation(
        **_READ,
        path="/documents",
        name="listDocuments",
        summary="My tenant's dropped documents, newest first",
        parameters=(_STATE, *page_parameters(default=20, largest=100)),
        answer=DocumentList,
        answer_example={"items": [{**_ITEM, "title": _SUMMARY["title"]}], "next_cursor": None},
    ),
    Operation(
        **_READ,
        path="/documents/{id}",
        name="getDocument",
        summary="One with its summary, steps and cost",
        parameters=(_DOCUMENT,),
        answer=DocumentView,
        answer_example=_VIEW,
        errors=(errors.NotFoundError,),
    ),
)
