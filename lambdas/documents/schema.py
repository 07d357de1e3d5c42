"""Documents on the wire: uploading, listing, reading."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from lambdas.shared.domain.document import Completion, Document
from lambdas.shared.domain.document_store import DocumentPage
from lambdas.shared.domain.timestamps import to_iso
from lambdas.shared.services.request_upload import UploadPermit


class UploadBody(msgspec.Struct, forbid_unknown_fields=True):
    """A document that is to be uploaded: its name below the tenant's folder, its bytes, its media type."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    size: Annotated[int, msgspec.Meta(ge=1)]
    content_type: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class UploadFormView(msgspec.Struct):
    """Post it as `multipart/form-data`: every field, then the document in the last one, `file`."""

    url: str
    method: Literal["POST"]
    fields: dict[str, str]


class UploadAnswer(msgspec.Struct):
    """Where the document will be found once it is uploaded, and how to upload it until `expires_at`."""

    document_id: str
    key: str
    upload: UploadFormView
    expires_at: str


class StepView(msgspec.Struct):
    name: str
    started_at: str
    ended_at: str


class SummaryView(msgspec.Struct):
    title: str
    summary: str
    key_points: list[str]
    topics: list[str]
    language: str


class ErrorView(msgspec.Struct):
    code: str
    detail: str


class ResultView(msgspec.Struct):
    """Where the result files are: one bucket, two keys."""

    bucket: str
    key: str
    markdown_key: str


class UsageView(msgspec.Struct):
    """Tokens of all paid calls together, and how many these were."""

    calls: int
    input_tokens: int
    output_tokens: int


class DocumentItem(msgspec.Struct):
    """A document in a list. `cost_usd` null = not known, or not spent yet."""

    document_id: str
    key: str
    state: str
    title: str | None
    size: int
    received_at: str
    error: ErrorView | None
    cost_usd: Decimal | None


class DocumentView(msgspec.Struct):
    """One document with everything about it: `steps` are those of the present attempt, `skipped` says in sentences what
    of it could not be read; `sections` null = not known, `document_language` null = it cannot be told."""

    document_id: str
    key: str
    state: str
    summary: SummaryView | None
    error: ErrorView | None
    steps: list[StepView]
    cost_usd: Decimal | None
    size: int
    received_at: str
    attempt: int
    model: str | None
    prompt_version: str | None
    sections: int | None
    usage: UsageView | None
    skipped: list[str]
    document_language: str | None
    reused: bool
    result: ResultView | None


class DocumentList(msgspec.Struct):
    items: list[DocumentItem]
    next_cursor: str | None


def upload_answer(permit: UploadPermit) -> UploadAnswer:
    """A permission as JSON."""
    form = UploadFormView(url=permit.form.url, method="POST", fields=dict(permit.form.fields))
    return UploadAnswer(permit.document_id, permit.key, form, to_iso(permit.expires_at))


def document_list(page: DocumentPage) -> DocumentList:
    """One page, newest first."""
    return DocumentList([_item(document) for document in page.documents], page.next_cursor)


def document_view(document: Document, results_bucket: str) -> DocumentView:
    """The whole record, without what is ours alone (execution, sequencer)."""
    completion, result = document.completion, document.result
    return DocumentView(
        document_id=document.document_id,
        key=document.key,
        state=document.state.value,
        summary=SummaryView(**completion.summary.as_json()) if completion else None,
        error=_error(document),
        steps=[StepView(step.name, to_iso(step.started_at), to_iso(step.ended_at)) for step in document.steps],
        cost_usd=document.cost_usd,
        size=document.size,
        received_at=to_iso(document.received_at),
        attempt=document.attempt,
        model=completion.model if completion else None,
        prompt_version=completion.prompt_version if completion else None,
        sections=completion.sections if completion else None,
        usage=_usage(completion) if completion else None,
        skipped=list(completion.skipped) if completion else [],
        document_language=completion.document_language if completion else None,
        reused=completion.reused if completion else False,
        result=ResultView(results_bucket, result.key, result.markdown_key) if result else None,
    )


def _item(document: Document) -> DocumentItem:
    return DocumentItem(
        document_id=document.document_id,
        key=document.key,
        state=document.state.value,
        title=document.completion.summary.title if document.completion else None,
        size=document.size,
        received_at=to_iso(document.received_at),
        error=_error(document),
        cost_usd=document.cost_usd,
    )


def _usage(completion: Completion) -> UsageView:
    return UsageView(completion.calls, completion.input_tokens, completion.output_tokens)


def _error(document: Document) -> ErrorView | None:
    failure = document.failure
    return ErrorView(failure.code, failure.detail) if failure else None
