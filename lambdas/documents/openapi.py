"""The documents operations, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lambdas.documents.schema import DocumentList, DocumentView, UploadAnswer, UploadBody
from lambdas.shared.domain import errors
from lambdas.shared.domain.document import DocumentState
from lambdas.shared.domain.timestamps import MOMENT_PATTERN
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
    "attempt": 1,
    "model": "us.amazon.nova-lite-v1:0",
    "prompt_version": "summarize_brief.v1",
    "sections": 1,
    "usage": {"calls": 1, "input_tokens": 1480, "output_tokens": 212},
    "skipped": [],
    "document_language": "en",
    "reused": False,
    "result": {
        "bucket": "quarry-storage-resultsbucketa95a2103-kikv2k00y4ou",
        "key": "summaries/acme/heron-field-report.pdf.summary.json",
        "markdown_key": "summaries/acme/heron-field-report.pdf.summary.md",
    },
}
_UPLOAD: dict[str, Any] = {
    "document_id": _ITEM["document_id"],
    "key": _ITEM["key"],
    "upload": {
        "url": "https://quarry-storage-documentsbucket9ec9deb9-1ypwx0yo2v3ab.s3.amazonaws.com/",
        "method": "POST",
        "fields": {
            "Content-Type": "application/pdf",
            "key": _ITEM["key"],
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": "ASIA.../20261121/us-east-1/s3/aws4_request",
            "x-amz-date": "20261121T091205Z",
            "x-amz-security-token": "IQoJ...",
            "policy": "eyJleHBpcmF0aW9uIjogIjIwMjYt...",
            "x-amz-signature": "ad7d3660354b...",
        },
    },
    "expires_at": "2026-11-21T09:27:05.000Z",
}
_WAITING: dict[str, Any] = {
    **_VIEW,
    "state": "RECEIVED",
    "summary": None,
    "steps": [],
    "cost_usd": None,
    "attempt": 2,
    "model": None,
    "sections": None,
    "result": None,
}
_PREFIX = Parameter(
    name="prefix",
    place="query",
    schema={"type": "string", "maxLength": 1024},
    description="Only documents whose name below the tenant's folder begins like this.",
    example="heron-",
)
_SINCE, _UNTIL = (
    Parameter(
        name=name,
        place="query",
        schema={"type": "string", "pattern": f"^{MOMENT_PATTERN}$"},
        description=f"Only documents received {when}: a date (UTC), or a time with its zone.",
        example=example,
    )
    for name, when, example in (
        ("since", "at this time or later", "2026-11-21"),
        ("until", "before this time", "2026-11-22T00:00:00Z"),
    )
)
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
_ANY: dict[str, Any] = {"tag": "documents", "scope": "documents"}
_READ: dict[str, Any] = {**_ANY, "method": "GET", "handler": "documents/read"}

OPERATIONS = (
    Operation(
        **_ANY,
        method="POST",
        path="/documents",
        name="uploadDocument",
        handler="documents/upload",
        summary="A form with which one document can be uploaded",
        description=(
            "Post the form to its `url` as `multipart/form-data`, every field and then the document in `file`, until "
            "`expires_at`: S3 takes exactly this name, size and type. The upload starts the summary."
        ),
        body=UploadBody,
        body_example={"name": "heron-field-report.pdf", "size": 4211, "content_type": "application/pdf"},
        status=201,
        answer=UploadAnswer,
        answer_example=_UPLOAD,
    ),
    Operation(
        **_ANY,
        method="POST",
        path="/documents/{id}/retry",
        name="retryDocument",
        handler="documents/retry",
        summary="Try a failed document again",
        description="The document waits for its next attempt (RECEIVED); one that waits already is left as it is.",
        parameters=(_DOCUMENT,),
        idempotent=True,
        status=202,
        answer=DocumentView,
        answer_example=_WAITING,
        errors=(
            errors.NotFoundError,
            errors.KnowledgeDocumentError,
            errors.DocumentNotFailedError,
            errors.DocumentGoneError,
        ),
    ),
    Operation(
        **_READ,
        path="/documents",
        name="listDocuments",
        summary="My tenant's dropped documents, newest first",
        parameters=(_STATE, _PREFIX, _SINCE, _UNTIL, *page_parameters(default=20, largest=100)),
        answer=DocumentList,
        answer_example={"items": [{**_ITEM, "title": _SUMMARY["title"]}], "next_cursor": None},
    ),
    Operation(
        **_READ,
        path="/documents/{id}",
        name="getDocument",
        summary="One with its summary, attempt, steps and cost",
        parameters=(_DOCUMENT,),
        answer=DocumentView,
        answer_example=_VIEW,
        errors=(errors.NotFoundError,),
    ),
)
