"""Reads a document of an archive and writes the requests for its summary, or finds the summary that it has."""

from __future__ import annotations

import hashlib

from lambdas.shared.domain.bulk.document_preparing import PreparedDocument
from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.spending import assessed
from lambdas.shared.domain.converse import converse_body
from lambdas.shared.domain.document_kind import too_large
from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES
from lambdas.shared.domain.document_text import DocumentText, TextReader, recognise
from lambdas.shared.domain.errors import ContextTooLongError, UnreadableDocumentError
from lambdas.shared.domain.failure import DELETED_CODE
from lambdas.shared.domain.object_store import ObjectMissingError, ObjectStore
from lambdas.shared.domain.reusable_summaries import ReusableSummaries
from lambdas.shared.domain.summary_request import SummaryRequests
from lambdas.shared.services.bulk.content_policy import BulkContentPolicy
from lambdas.shared.services.bulk.keep_summary import KeepSummary
from lambdas.shared.services.bulk.tenant_requests import TenantRequests


class PrepareSummary:
    """`DocumentPreparer`. `policy` assesses the documents themselves. Pages that a model would have to read itself are
    not asked in batch: such a document fails as `needs_ocr`."""

    def __init__(
        self,
        *,
        objects: ObjectStore,
        documents: ReusableSummaries,
        reader: TextReader,
        requests: TenantRequests,
        policy: BulkContentPolicy,
        keeper: KeepSummary,
    ) -> None:
        self._objects = objects
        self._documents = documents
        self._reader = reader
        self._requests = requests
        self._policy = policy
        self._keeper = keeper

    def prepare(self, run: BulkRun, entry: Entry) -> PreparedDocument | Outcome:
        """Raises what may be mended by trying again."""
        try:
            return self._prepared(run, entry)
        except UnreadableDocumentError as error:
            return Outcome(entry.document_id, entry.key, "failed", code=error.code)

    def _prepared(self, run: BulkRun, entry: Entry) -> PreparedDocument | Outcome:
        content = self._read(entry)
        recognise(content, entry.key)
        requests = self._requests.of(run)
        text = self._reader.read(content, entry.key)
        sections = requests.split(text.parts)
        work = _work(entry, content, text, len(sections))
        known = self._documents.find_reusable(run.tenant, requests.reuse_key(work.content_hash, len(sections)))
        if known is not None:
            return self._keeper.reuse(run, work, known)
        return self._requested(run, work, requests, sections)

    def _requested(
        self, run: BulkRun, work: DocumentWork, requests: SummaryRequests, sections: tuple[str, ...]
    ) -> PreparedDocument | Outcome:
        passed = []
        for section in sections:
            found = self._policy.assess(run, work.document_id, section, "input")
            work = work.paid(assessed(found.usd))
            if found.refusal is not None:
                return work.failed(found.refusal)
            passed.append(found.text)
        try:
            return PreparedDocument(work, [converse_body(request) for request in requests.requests(passed)])
        except ContextTooLongError as error:
            return work.failed(error.code)

    def _read(self, entry: Entry) -> bytes:
        if entry.size is not None and entry.size > LARGEST_DOCUMENT_BYTES:
            raise too_large(entry.size)
        try:
            content = self._objects.read(entry.bucket, entry.key)
        except ObjectMissingError as error:
            detail = "The document was deleted before it was read."
            raise UnreadableDocumentError(detail, code=DELETED_CODE) from error
        if len(content) > LARGEST_DOCUMENT_BYTES:
            raise too_large(len(content))
        return content


def _work(entry: Entry, content: bytes, text: DocumentText, sections: int) -> DocumentWork:
    document_id = entry.document_id
    return DocumentWork(
        document_id=document_id,
        bucket=entry.bucket,
        key=entry.key,
        content_hash=hashlib.sha256(content).hexdigest(),
        # the same grammar as `DocumentWork.record_id` has for the levels above
        open=tuple(f"{document_id}_0_{index:05}" for index in range(sections)),
        sections=sections,
        skipped=text.told,
        language=text.language,
    )
