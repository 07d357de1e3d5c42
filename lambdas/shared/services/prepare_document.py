"""Reads a document and writes the model requests for it, or the answer itself where one can be reused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from lambdas.shared.domain.answer import Answer, encode_answer
from lambdas.shared.domain.chat_model import ChatRequest, TokenUsage
from lambdas.shared.domain.converse import converse_body
from lambdas.shared.domain.document import Step
from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES
from lambdas.shared.domain.document_store import DocumentStore, ReuseKey
from lambdas.shared.domain.document_text import TextReader, recognise
from lambdas.shared.domain.errors import UnreadableDocumentError
from lambdas.shared.domain.execution import PreparedRequests, SummaryRun
from lambdas.shared.domain.failure import DELETED_CODE
from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.object_store import ObjectMissingError, ObjectStore
from lambdas.shared.domain.summary import Summary
from lambdas.shared.domain.summary_request import SummaryRequests
from lambdas.shared.domain.timestamps import utc_now


class PrepareDocument:
    """`requests` writes a section's request for `model`; later documents of many sections get many of them."""

    def __init__(
        self,
        *,
        documents: DocumentStore,
        objects: ObjectStore,
        reader: TextReader,
        requests: SummaryRequests,
        model: ResolvedModel,
        results_bucket: str,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._documents = documents
        self._objects = objects
        self._reader = reader
        self._requests = requests
        self._model = model
        self._results_bucket = results_bucket
        self._now = now

    def prepare(self, run: SummaryRun) -> PreparedRequests:
        """Raises UnreadableDocumentError (its code is the reason) and SupersededError."""
        started_at = self._now()
        content = self._read(run)
        recognise(content, run.key)
        prepared = self._prepared(run, hashlib.sha256(content).hexdigest())
        reusable = self._documents.find_reusable(run.tenant, _reuse_key(prepared))
        if reusable is not None:
            prepared = replace(prepared, reused=True)
            self._write_answer(run, prepared, reusable)
        else:
            self._write_requests(run, prepared, self._requests_for(content, run.key))
        self._documents.record_step(run, Step("prepare", started_at, self._now()))
        return prepared

    def _read(self, run: SummaryRun) -> bytes:
        if run.size > LARGEST_DOCUMENT_BYTES:
            raise UnreadableDocumentError(
                f"The document has {run.size} bytes; at most {LARGEST_DOCUMENT_BYTES} are read.",
                code="document_too_large",
            )
        # A delete marker leaves the version readable, but whoever deleted the document wants no summary of it.
        try:
            if self._objects.exists(run.bucket, run.key):
                return self._objects.read(run.bucket, run.key, run.version_id)
        except ObjectMissingError:
            pass
        raise UnreadableDocumentError("The document was deleted before it was read.", code=DELETED_CODE)

    def _prepared(self, run: SummaryRun, content_hash: str) -> PreparedRequests:
        return PreparedRequests(
            requests_key=run.requests_key,
            record_id=f"{run.document_id}_001",
            records=1,
            model=self._model.model_id,
            prompt_version=self._requests.prompt_version,
            content_hash=content_hash,
            reused=False,
        )

    def _requests_for(self, content: bytes, name: str) -> list[ChatRequest]:
        parts = self._reader.read(content, name).parts
        sections = ["\n\n".join(part.strip() for part in parts if part.strip())]
        return [self._requests.request_for(section, self._model) for section in sections]

    def _write_requests(self, run: SummaryRun, prepared: PreparedRequests, requests: Iterable[ChatRequest]) -> None:
        lines = [
            json.dumps({"recordId": prepared.record_id, "modelInput": converse_body(request)}, ensure_ascii=False)
            for request in requests
        ]
        self._write(run, prepared.requests_key, "\n".join([*lines, ""]).encode(), "application/jsonl")

    def _write_answer(self, run: SummaryRun, prepared: PreparedRequests, summary: Summary) -> None:
        """A stored answer is never asked for again: so a reused summary needs no path of its own."""
        moment = self._now()
        answer = Answer(
            record_id=prepared.record_id,
            text=json.dumps(summary.as_json(), ensure_ascii=False),
            stop_reason="end_turn",
            usage=TokenUsage(input_tokens=0, output_tokens=0),
            model=prepared.model,
            cost_usd=Decimal(0),
            prompt_version=prepared.prompt_version,
            started_at=moment,
            ended_at=moment,
        )
        self._write(run, run.answer_key(prepared.record_id), encode_answer(answer), "application/json")

    def _write(self, run: SummaryRun, key: str, body: bytes, content_type: str) -> None:
        self._objects.write(self._results_bucket, key, body, content_type=content_type, owner=run.execution)


def _reuse_key(prepared: PreparedRequests) -> ReuseKey:
    return ReuseKey(prepared.content_hash, prepared.prompt_version, prepared.model)
