"""Gathers the answers of one level of sections and writes the requests of the next one, until one request is left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from lambdas.shared.domain.answer import Answer, decode_answer
from lambdas.shared.domain.document import Step
from lambdas.shared.domain.execution import PreparedRequests, SummaryRun, prepared_requests
from lambdas.shared.domain.object_store import ObjectMissingError
from lambdas.shared.domain.record_failure import SectionFailedError, decode_failure
from lambdas.shared.domain.section_notes import grouped_notes, note_of
from lambdas.shared.domain.summary import read_summary
from lambdas.shared.domain.summary_request import SummaryRequests
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.services.request_writing import RequestWriting

_READERS = 8
_LOG = logging.getLogger(__name__)


class MergeSections:
    """Every section's answer is counted and paid once: what is missing fails the level, and a retry of the document
    asks for it alone."""

    def __init__(self, writing: RequestWriting, *, now: Callable[[], datetime] = utc_now) -> None:
        self._writing = writing
        self._documents = writing.documents
        self._objects = writing.objects
        self._files = writing.files
        self._now = now

    def merge(self, run: SummaryRun, prepared: PreparedRequests) -> PreparedRequests:
        """The next level's requests. Raises SectionFailedError with the reason of the first section that has no
        answer, and SupersededError."""
        started_at = self._now()
        answers = self._answers(run, prepared)
        requests = self._writing.requests_of(run.tenant)
        texts = grouped_notes(_notes(answers), most_tokens=requests.most_tokens)
        merged = self._next_level(run, prepared, requests, texts, answers)
        self._files.write(run, merged, requests.requests(texts))
        self._documents.record_step(run, _asking(prepared.level, answers))
        self._documents.record_step(run, Step(f"merge_{prepared.level}", started_at, self._now()))
        return merged

    def _answers(self, run: SummaryRun, prepared: PreparedRequests) -> list[Answer]:
        record_ids = [prepared.record_id(run.document_id, index) for index in range(prepared.records)]
        with ThreadPoolExecutor(_READERS) as pool:
            found = list(pool.map(lambda record_id: self._answer(prepared.answer_key(record_id)), record_ids))
        missing = [index for index, answer in enumerate(found) if answer is None]
        if missing:
            _LOG.warning("%d of %d sections have no answer", len(missing), prepared.records)
            raise self._reason(run, prepared, record_ids[missing[0]], missing)
        return [answer for answer in found if answer is not None]

    def _answer(self, key: str) -> Answer | None:
        try:
            return decode_answer(self._objects.read(self._writing.bucket, key))
        except ObjectMissingError:
            return None

    def _reason(
        self, run: SummaryRun, prepared: PreparedRequests, record_id: str, missing: Sequence[int]
    ) -> SectionFailedError:
        where = f"{len(missing)} of {prepared.records} sections failed; section {missing[0] + 1}"
        try:
            noted = decode_failure(self._objects.read(self._writing.bucket, prepared.failure_key(record_id)))
        except ObjectMissingError:
            noted = None
        if noted is None or noted.execution != run.execution:
            return SectionFailedError(f"{where}: no answer, also when it was asked again.", code="section_failed")
        return SectionFailedError(f"{where}: {noted.detail}", code=noted.code)

    def _next_level(
        self,
        run: SummaryRun,
        prepared: PreparedRequests,
        requests: SummaryRequests,
        texts: Sequence[str],
        answers: Sequence[Answer],
    ) -> PreparedRequests:
        spent = prepared.spent
        for answer in answers:
            usage = answer.usage
            spent = spent.plus(
                calls=answer.calls,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cost_usd=answer.cost_usd,
            )
        return prepared_requests(
            run,
            fingerprint=requests.fingerprint,
            level=prepared.level + 1,
            records=len(texts),
            sections=prepared.sections,
            model=prepared.model,
            prompt_version=prepared.prompt_version,
            content_hash=prepared.content_hash,
            spent=spent,
            skipped=prepared.skipped,
            document_language=prepared.document_language,
        )


def _notes(answers: Sequence[Answer]) -> list[str]:
    summaries = [read_summary(answer.text, answer.stop_reason) for answer in answers]
    return [note_of(summary, number=at + 1, of=len(summaries)) for at, summary in enumerate(summaries)]


def _asking(level: int, answers: Sequence[Answer]) -> Step:
    """From the first call of the level to the end of its last one."""
    return Step(
        f"sections_{level}",
        min(answer.started_at for answer in answers),
        max(answer.ended_at for answer in answers),
    )
