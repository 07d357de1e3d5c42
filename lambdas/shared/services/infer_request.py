"""Asks the model for one prepared record, and pays for each usable answer once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lambdas.shared.domain.answer import Answer, decode_answer, encode_answer
from lambdas.shared.domain.chat_model import ChatRequest
from lambdas.shared.domain.converse import chat_request
from lambdas.shared.domain.errors import InvalidAnswerError
from lambdas.shared.domain.execution import AnswerReceipt, PreparedRequests, SummaryRun
from lambdas.shared.domain.object_store import ObjectMissingError, ObjectStore
from lambdas.shared.domain.summary import AnswerCutError, read_summary
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels

OPERATION = "summaries.infer"
# A dropped object has no caller: the pipeline itself is the client, of the document's tenant.
CLIENT = "summaries"


class InferRequest:
    """The answer is checked before it is stored under the answer's key, so what stands there can be used.

    A crash between the model's answer and its storing pays twice, and the ledger shows both calls.
    `guards_documents`: the guardrail, where there is one, assesses the document too and not the answer alone.
    """

    def __init__(
        self,
        *,
        objects: ObjectStore,
        models: MeteredModels,
        results_bucket: str,
        guards_documents: bool = False,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._objects = objects
        self._models = models
        self._results_bucket = results_bucket
        self._guards_documents = guards_documents
        self._now = now

    def infer(self, run: SummaryRun, prepared: PreparedRequests) -> AnswerReceipt:
        """The receipt of the stored answer; asks only where none is stored.

        Raises InvalidAnswerError (AnswerCutError) for an answer that cannot be used: it is kept aside with its cost,
        and the workflow asks once more. Raises what `MeteredModels.reply` raises; of a blocked answer nothing is kept.
        """
        key = run.answer_key(prepared.record_id)
        answer = self._stored(key)
        if answer is None:
            answer = self._ask(run, prepared)
            try:
                read_summary(answer.text, answer.stop_reason)
            except InvalidAnswerError:
                self._store(run, run.rejected_key(prepared.record_id), answer)
                raise
            self._store(run, key, answer)
        return answer.receipt(key)

    def _ask(self, run: SummaryRun, prepared: PreparedRequests) -> Answer:
        rejected = self._stored(run.rejected_key(prepared.record_id))
        request = _with_room(self._request(prepared), rejected)
        started_at = self._now()
        purpose = CallPurpose(
            tenant=run.tenant, client=CLIENT, subject=CLIENT, operation=OPERATION, reference=run.document_id
        )
        reply = self._models.reply(request, purpose)
        answer = Answer(
            record_id=prepared.record_id,
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

    def _request(self, prepared: PreparedRequests) -> ChatRequest:
        for line in self._objects.read(self._results_bucket, prepared.requests_key).splitlines():
            record = json.loads(line)
            if record["recordId"] == prepared.record_id:
                request = chat_request(prepared.model, record["modelInput"])
                return _guarded(request) if self._guards_documents else request
        raise ObjectMissingError(f"{prepared.requests_key} has no record {prepared.record_id}")

    def _stored(self, key: str) -> Answer | None:
        try:
            return decode_answer(self._objects.read(self._results_bucket, key))
        except ObjectMissingError:
            return None

    def _store(self, run: SummaryRun, key: str, answer: Answer) -> None:
        self._objects.write(
            self._results_bucket, key, encode_answer(answer), content_type="application/json", owner=run.execution
        )


def _guarded(request: ChatRequest) -> ChatRequest:
    return replace(request, messages=tuple(replace(message, guarded=True) for message in request.messages))


def _with_room(request: ChatRequest, rejected: Answer | None) -> ChatRequest:
    """An answer that was cut gets twice the room: at the same limit it would be cut again."""
    limit = request.parameters.max_tokens
    if rejected is None or limit is None or rejected.stop_reason != AnswerCutError.stop_reason:
        return request
    return replace(request, parameters=replace(request.parameters, max_tokens=limit * 2))
