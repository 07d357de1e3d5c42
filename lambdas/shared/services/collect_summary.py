"""The workflow's last step: stores the results, completes the record, tells whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lambdas.shared.domain.announcement import Announcer, SummaryReady
from lambdas.shared.domain.answer import Answer, decode_answer
from lambdas.shared.domain.document import Completion, DocumentState, Step, StoredResult, may_enter
from lambdas.shared.domain.document_store import DocumentStore
from lambdas.shared.domain.dropped_object import result_keys
from lambdas.shared.domain.errors import SupersededError
from lambdas.shared.domain.execution import AnswerReceipt, PreparedRequests, SummaryRun
from lambdas.shared.domain.object_store import ObjectStore
from lambdas.shared.domain.reusable_summaries import ReuseKey
from lambdas.shared.domain.summary import read_summary
from lambdas.shared.domain.summary_files import summary_json, summary_markdown
from lambdas.shared.domain.timestamps import utc_now


class CollectSummary:
    """Results first, then the record, then the event: a repeated step finds its own results and goes on from there,
    so that they are stored once however often it crashes. The record decides who is newest: an execution that cannot
    complete it takes back exactly what it wrote."""

    def __init__(
        self,
        *,
        documents: DocumentStore,
        objects: ObjectStore,
        announcer: Announcer,
        results_bucket: str,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._documents = documents
        self._objects = objects
        self._announcer = announcer
        self._results_bucket = results_bucket
        self._now = now

    def collect(self, run: SummaryRun, prepared: PreparedRequests, receipt: AnswerReceipt) -> StoredResult:
        """Raises InvalidAnswerError for an answer that cannot be used, SupersededError when a newer version owns the
        record; nothing of this run remains current then."""
        started_at = self._now()
        answer = decode_answer(self._objects.read(self._results_bucket, receipt.answer_key))
        completion = _completion(answer, prepared)
        # Before the record: what is true of this content stays true, whoever wins.
        if not prepared.reused:
            self._documents.keep_reusable(run.tenant, _reuse_key(completion), completion.summary)
        self._yield_to_newer(run)
        result = self._store(run, completion, answer.ended_at)
        steps = (Step("infer", answer.started_at, answer.ended_at), Step("collect", started_at, self._now()))
        try:
            self._documents.complete(run, completion, result=result, steps=steps)
        except SupersededError:
            self._withdraw(result)
            raise
        self._announcer.publish(_announcement(run, completion, result))
        return result

    def _yield_to_newer(self, run: SummaryRun) -> None:
        """Stop before writing where the record is lost already, and remove what a crashed try may have left."""
        document = self._documents.get(run.tenant, run.document_id)
        if may_enter(DocumentState.SUMMARIZED, document, run.execution):
            return
        for key in result_keys(run.tenant, run.document_id, run.key):
            version_id = self._objects.version_of(self._results_bucket, key, run.execution)
            if version_id is not None:
                self._objects.delete_version(self._results_bucket, key, version_id)
        raise SupersededError(f"{run.document_id} belongs to a newer version")

    def _store(self, run: SummaryRun, completion: Completion, at: datetime) -> StoredResult:
        key, markdown_key = result_keys(run.tenant, run.document_id, run.key)
        return StoredResult(
            key=key,
            version_id=self._write_once(run, key, summary_json(run, completion, at), "application/json"),
            markdown_key=markdown_key,
            markdown_version_id=self._write_once(
                run, markdown_key, summary_markdown(run, completion, at), "text/markdown; charset=utf-8"
            ),
        )

    def _write_once(self, run: SummaryRun, key: str, body: bytes, content_type: str) -> str:
        written = self._objects.version_of(self._results_bucket, key, run.execution)
        return written or self._objects.write(
            self._results_bucket, key, body, content_type=content_type, owner=run.execution
        )

    def _withdraw(self, result: StoredResult) -> None:
        """By version: the newer version's own results become the current ones again."""
        self._objects.delete_version(self._results_bucket, result.key, result.version_id)
        self._objects.delete_version(self._results_bucket, result.markdown_key, result.markdown_version_id)


def _completion(answer: Answer, prepared: PreparedRequests) -> Completion:
    usage = answer.usage
    spent = prepared.spent.plus(
        calls=answer.calls,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=answer.cost_usd,
    )
    return Completion(
        summary=read_summary(answer.text, answer.stop_reason),
        model=answer.model,
        prompt_version=answer.prompt_version,
        content_hash=prepared.content_hash,
        cost_usd=spent.usd,
        reused=prepared.reused or answer.calls == 0,
        sections=prepared.sections,
        calls=spent.calls,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        skipped=prepared.skipped,
        document_language=prepared.document_language,
    )


def _reuse_key(completion: Completion) -> ReuseKey:
    return ReuseKey(completion.content_hash, completion.prompt_version, completion.model)


def _announcement(run: SummaryRun, completion: Completion, result: StoredResult) -> SummaryReady:
    return SummaryReady(
        document_id=run.document_id,
        tenant=run.tenant,
        bucket=run.bucket,
        key=run.key,
        result_key=result.key,
        markdown_key=result.markdown_key,
        model=completion.model,
        cost_usd=completion.cost_usd,
    )
