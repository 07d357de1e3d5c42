"""Claims a document, reads it and writes the model requests for it, or the answer itself where one can be reused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lambdas.shared.domain.answer import encode_answer, reused_answer
from lambdas.shared.domain.attachment import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENT_PAGES, Attachment
from lambdas.shared.domain.chat_model import ChatRequest
from lambdas.shared.domain.document import Step
from lambdas.shared.domain.document_kind import too_large
from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES
from lambdas.shared.domain.document_text import NeedsOcrError, TextReader, recognise
from lambdas.shared.domain.errors import UnreadableDocumentError
from lambdas.shared.domain.execution import PreparedRequests, SummaryRun, prepared_requests
from lambdas.shared.domain.failure import DELETED_CODE
from lambdas.shared.domain.object_store import ObjectMissingError
from lambdas.shared.domain.reusable_summaries import ReuseKey
from lambdas.shared.domain.summary import Summary
from lambdas.shared.domain.summary_request import SummaryRequests
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.services.request_writing import RequestWriting


class PrepareDocument:
    """The first step: a document's text becomes requests."""

    def __init__(self, writing: RequestWriting, *, reader: TextReader, now: Callable[[], datetime] = utc_now) -> None:
        self._writing = writing
        self._documents = writing.documents
        self._objects = writing.objects
        self._files = writing.files
        self._reader = reader
        self._now = now

    def prepare(self, run: SummaryRun) -> PreparedRequests:
        """Raises UnreadableDocumentError (its code is the reason), ContextTooLongError and SupersededError."""
        started_at = self._now()
        self._documents.claim(run, Step("prepare", started_at, started_at))
        content = self._read(run)
        recognise(content, run.key)
        requests = self._writing.requests_of(run.tenant)
        prepared = self._prepared(run, requests, content)
        self._documents.record_step(run, Step("prepare", started_at, self._now()))
        return prepared

    def _read(self, run: SummaryRun) -> bytes:
        if run.size > LARGEST_DOCUMENT_BYTES:
            raise too_large(run.size)
        # A delete marker leaves the version readable, but whoever deleted the document wants no summary of it.
        try:
            if self._objects.exists(run.bucket, run.key):
                return self._objects.read(run.bucket, run.key, run.version_id)
        except ObjectMissingError:
            pass
        raise UnreadableDocumentError("The document was deleted before it was read.", code=DELETED_CODE)

    def _prepared(self, run: SummaryRun, requests: SummaryRequests, content: bytes) -> PreparedRequests:
        try:
            text = self._reader.read(content, run.key)
        except NeedsOcrError as error:
            self._check_that_the_model_reads(error, content)
            prepared = _level_0(run, requests, content, sections=1)
            return self._stored(run, prepared, lambda: [self._attached(run, prepared, requests, content)])
        sections = requests.split(text.parts)
        prepared = replace(
            _level_0(run, requests, content, sections=len(sections)),
            skipped=text.told,
            document_language=text.language,
        )
        return self._stored(run, prepared, lambda: requests.requests(sections))

    def _stored(
        self, run: SummaryRun, prepared: PreparedRequests, write: Callable[[], list[ChatRequest]]
    ) -> PreparedRequests:
        """With what the next steps need in the results bucket: the requests, or the summary that the content has."""
        reuse = ReuseKey(prepared.content_hash, prepared.prompt_version, prepared.model)
        reusable = self._documents.find_reusable(run.tenant, reuse)
        if reusable is None:
            self._files.write(run, prepared, write())
            return prepared
        prepared = replace(prepared, reused=True, records=1)
        self._write_answer(run, prepared, reusable)
        return prepared

    def _check_that_the_model_reads(self, error: NeedsOcrError, content: bytes) -> None:
        """Raises the error itself where the model does not read files, or none as large as this."""
        if not self._writing.model.card.capabilities.documents:
            raise error
        if error.pages > MAX_ATTACHMENT_PAGES or len(content) > MAX_ATTACHMENT_BYTES:
            limit = f"{MAX_ATTACHMENT_PAGES} pages and {MAX_ATTACHMENT_BYTES / 1e6:.1f} MB"
            raise UnreadableDocumentError(
                f"The document has {error.pages} pages without text, in {len(content) / 1e6:.1f} MB; a model reads at "
                f"most {limit} of these. Run text recognition (OCR) over it, or split it.",
                code=error.code,
            ) from error

    def _attached(
        self, run: SummaryRun, prepared: PreparedRequests, requests: SummaryRequests, content: bytes
    ) -> ChatRequest:
        """The request for a copy of the very bytes that were hashed, out of reach of whoever changes the document."""
        key = prepared.attachment_key(run.document_id)
        self._objects.write(self._writing.bucket, key, content, content_type="application/pdf", owner=run.execution)
        return requests.request_for_attachment(Attachment("pdf", f"s3://{self._writing.bucket}/{key}"))

    def _write_answer(self, run: SummaryRun, prepared: PreparedRequests, summary: Summary) -> None:
        """A stored answer is never asked for again: so a reused summary needs no path of its own."""
        record_id = prepared.record_id(run.document_id, 0)
        answer = reused_answer(record_id, summary, prepared, self._now())
        self._objects.write(
            self._writing.bucket,
            prepared.answer_key(record_id),
            encode_answer(answer),
            content_type="application/json",
            owner=run.execution,
        )


def _level_0(run: SummaryRun, requests: SummaryRequests, content: bytes, *, sections: int) -> PreparedRequests:
    return prepared_requests(
        run,
        fingerprint=requests.fingerprint,
        level=0,
        records=sections,
        sections=sections,
        model=requests.model.model_id,
        prompt_version=requests.version(sections),
        content_hash=hashlib.sha256(content).hexdigest(),
    )
