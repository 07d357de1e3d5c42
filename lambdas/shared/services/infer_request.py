"""Asks the model for one prepared record, and pays for each usable answer once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lambdas.shared.domain.answer import Answer, decode_answer, encode_answer, reused_answer
from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest
from lambdas.shared.domain.converse import chat_request
from lambdas.shared.domain.document import DocumentState, may_enter
from lambdas.shared.domain.document_store import DocumentStore
from lambdas.shared.domain.document_text import NEEDS_OCR
from lambdas.shared.domain.errors import (
    InvalidAnswerError,
    ModelRefusedRequestError,
    ModelThrottledError,
    QuarryError,
    SupersededError,
    UnreadableDocumentError,
)
from lambdas.shared.domain.execution import AnswerReceipt, PreparedRequests, RequestLine, SummaryRun
from lambdas.shared.domain.object_store import ObjectMissingError, ObjectStore
from lambdas.shared.domain.record_failure import encode_failure
from lambdas.shared.domain.reusable_summaries import ReuseKey
from lambdas.shared.domain.slots import NoSlotError
from lambdas.shared.domain.summary import AnswerCutError, read_summary
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels, MeteredReply
from lambdas.shared.services.model_slots import ModelSlots

OPERATION = "summaries.infer"
# A dropped object has no caller: the pipeline itself is the client, of the document's tenant.
CLIENT = "summaries"
# The workflow tries again for hours: not worth a note each time.
_PASSING = (NoSlotError, ModelThrottledError, SupersededError)
_LOG = logging.getLogger(__name__)


class InferRequest:
    """The answer is checked before it is stored under the answer's key, so what stands there can be used.

    A crash between the model's answer and its storing pays twice, and the ledger shows both calls.
    `guards_documents`: the guardrail, where there is one, assesses the document too and not the answer alone.
    """

    def __init__(
        self,
        *,
        documents: DocumentStore,
        objects: ObjectStore,
        models: MeteredModels,
        slots: ModelSlots,
        results_bucket: str,
        guards_documents: bool = False,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._documents = documents
        self._objects = objects
        self._models = models
        self._slots = slots
        self._bucket = results_bucket
        self._guards_documents = guards_documents
        self._now = now

    def infer(self, run: SummaryRun, prepared: PreparedRequests, line: RequestLine | None = None) -> AnswerReceipt:
        """The receipt of the stored answer to `line` (default: the level's only record); asks where none is stored.

        Raises InvalidAnswerError (AnswerCutError) for an answer that cannot be used: it is kept aside with its cost,
        and the workflow asks once more. Raises SupersededError for a document that was deleted or replaced meanwhile:
        a throttled one may have waited for hours, and nobody wants to pay for it now. Raises NoSlotError, and what
        `MeteredModels.reply` raises; of a blocked answer nothing is kept. What it raises is also noted beside the
        answer's place: a section's failure is told by it.
        """
        line = line or RequestLine(prepared.record_id(run.document_id, 0))
        key = prepared.answer_key(line.record_id)
        try:
            answer = self._stored(key) or self._asked(run, prepared, line)
        except QuarryError as error:
            if prepared.records > 1 and not isinstance(error, _PASSING):
                self._note(run, prepared.failure_key(line.record_id), error)
            raise
        return answer.receipt(key)

    def _asked(self, run: SummaryRun, prepared: PreparedRequests, line: RequestLine) -> Answer:
        if not may_enter(DocumentState.SUMMARIZED, self._documents.get(run.tenant, run.document_id), run.execution):
            raise SupersededError(f"{run.document_id} belongs to a newer version, or to nobody any more")
        with self._slots.held(f"{run.execution}/{line.record_id}"):
            answer = self._reused(run, prepared, line) or self._ask(run, prepared, line)
        try:
            read_summary(answer.text, answer.stop_reason)
        except InvalidAnswerError:
            self._store(run, prepared.rejected_key(line.record_id), encode_answer(answer))
            raise
        self._store(run, prepared.answer_key(line.record_id), encode_answer(answer))
        return answer

    def _reused(self, run: SummaryRun, prepared: PreparedRequests, line: RequestLine) -> Answer | None:
        """The summary that another document of the same content has got since this one was prepared: of a thousand
        files that arrive at once, copies wait for a place side by side."""
        if prepared.level > 0 or prepared.records > 1:
            return None
        reuse = ReuseKey(prepared.content_hash, prepared.prompt_version, prepared.model)
        summary = self._documents.find_reusable(run.tenant, reuse)
        return None if summary is None else reused_answer(line.record_id, summary, prepared, self._now())

    def _ask(self, run: SummaryRun, prepared: PreparedRequests, line: RequestLine) -> Answer:
        rejected = self._stored(prepared.rejected_key(line.record_id))
        request = _with_room(self._request(prepared, line), rejected)
        started_at = self._now()
        purpose = CallPurpose(
            tenant=run.tenant, client=CLIENT, subject=CLIENT, operation=OPERATION, reference=run.document_id
        )
        reply = self._reply(request, purpose)
        answer = Answer(
            record_id=line.record_id,
            text=reply.text,
            stop_reason=reply.stop_reason,
            usage=reply.usage,
            model=reply.model,
            cost_usd=reply.cost_usd,
            prompt_version=prepared.prompt_version,
            started_at=started_at,
            ended_at=self._now(),
        )
        return answer.after(rejected)

    def _reply(self, request: ChatRequest, purpose: CallPurpose) -> MeteredReply:
        try:
            return self._models.reply(request, purpose)
        except ModelRefusedRequestError as error:
            if not any(message.attachment for message in request.messages):
                raise
            # Its text could not be read before, and now neither can its pictures.
            raise UnreadableDocumentError(
                f"The document holds no text, and {request.model_id} could not read its pages as pictures; run text "
                "recognition (OCR) over it first.",
                code=NEEDS_OCR,
            ) from error

    def _request(self, prepared: PreparedRequests, line: RequestLine) -> ChatRequest:
        record = json.loads(self._objects.read_range(self._bucket, prepared.requests_key, line.offset, line.length))
        if record["recordId"] != line.record_id:
            raise ObjectMissingError(f"{prepared.requests_key} has another record in the place of {line.record_id}")
        request = chat_request(prepared.model, record["modelInput"])
        return replace(request, messages=tuple(map(self._complete, request.messages)))

    def _complete(self, message: ChatMessage) -> ChatMessage:
        """With the bytes of its attachment: most models take no S3 location in their place."""
        attachment = message.attachment
        if attachment is not None:
            bucket, _, key = attachment.location.removeprefix("s3://").partition("/")
            attachment = replace(attachment, content=self._objects.read(bucket, key))
        return replace(message, attachment=attachment, guarded=self._guards_documents)

    def _note(self, run: SummaryRun, key: str, error: QuarryError) -> None:
        """The state machine decides by the error itself, so nothing may take its place."""
        try:
            self._store(run, key, encode_failure(error, run.execution))
        except Exception as failure:
            _LOG.warning("failure of a record not noted: %s", type(failure).__name__)

    def _stored(self, key: str) -> Answer | None:
        try:
            return decode_answer(self._objects.read(self._bucket, key))
        except ObjectMissingError:
            return None

    def _store(self, run: SummaryRun, key: str, content: bytes) -> None:
        self._objects.write(self._bucket, key, content, content_type="application/json", owner=run.execution)


def _with_room(request: ChatRequest, rejected: Answer | None) -> ChatRequest:
    """An answer that was cut gets twice the room each time: at the same limit it would be cut again."""
    limit = request.parameters.max_tokens
    if rejected is None or limit is None or rejected.stop_reason != AnswerCutError.stop_reason:
        return request
    return replace(request, parameters=replace(request.parameters, max_tokens=limit * 2**rejected.calls))
