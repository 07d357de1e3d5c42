"""Stores a summary that a bulk run has made, as a dropped document's is stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from lambdas.shared.domain.bulk.document_steps import Kept
from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.document import Completion
from lambdas.shared.domain.document_store import DocumentStore, ReuseKey
from lambdas.shared.domain.dropped_object import archive_result_keys
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.object_store import ObjectStore
from lambdas.shared.domain.summary import Summary, read_summary, summary_from
from lambdas.shared.domain.summary_files import summary_json, summary_markdown
from lambdas.shared.services.bulk.content_policy import BulkContentPolicy
from lambdas.shared.services.bulk.tenant_requests import TenantRequests


class KeepSummary:
    """`SummaryKeeper`. A result is marked with what it was made of: the same one is neither assessed nor written
    again, however often a step is repeated. `policy` assesses the summaries."""

    def __init__(
        self,
        *,
        objects: ObjectStore,
        documents: DocumentStore,
        requests: TenantRequests,
        policy: BulkContentPolicy,
        results_bucket: str,
        now: Callable[[], datetime],
    ) -> None:
        self._objects = objects
        self._documents = documents
        self._requests = requests
        self._policy = policy
        self._bucket = results_bucket
        self._now = now

    def keep(self, run: BulkRun, work: DocumentWork) -> Kept:
        """Raises BlockedByGuardrailError, and what the guardrail's check raises where it cannot be asked."""
        if work.summary_text is None:
            raise ValueError(f"{work.document_id} has no summary yet")
        owner = _owner(run, work.summary_text, work.content_hash)
        key, _ = _keys(run, work)
        if self._objects.version_of(self._bucket, key, owner) is not None:
            return Kept(key, self._stored(key))
        text = self._policy.passed(run, work.document_id, work.summary_text, "output")
        requests = self._requests.of(run)
        completion = Completion(
            summary=read_summary(text, "end_turn"),
            model=run.model_id,
            prompt_version=requests.version(work.sections),
            content_hash=work.content_hash,
            cost_usd=work.cost_usd,
            reused=False,
            sections=work.sections,
            calls=0,
            skipped=work.skipped,
            document_language=work.language,
        )
        reuse = ReuseKey(completion.content_hash, completion.prompt_version, completion.model)
        self._documents.keep_reusable(run.tenant, reuse, completion.summary)
        return self._store(run, work, completion, owner)

    def reuse(self, run: BulkRun, work: DocumentWork, summary: Summary) -> Kept:
        """Store a summary that the tenant has of the same content."""
        owner = _owner(run, "reused", work.content_hash)
        key, _ = _keys(run, work)
        if self._objects.version_of(self._bucket, key, owner) is not None:
            return Kept(key, summary)
        completion = Completion(
            summary=summary,
            model=run.model_id,
            prompt_version=self._requests.of(run).version(work.sections),
            content_hash=work.content_hash,
            cost_usd=Decimal(0),
            reused=True,
            sections=work.sections,
            calls=0,
            skipped=work.skipped,
            document_language=work.language,
        )
        return self._store(run, work, completion, owner)

    def _stored(self, key: str) -> Summary:
        return summary_from(json.loads(self._objects.read(self._bucket, key)))

    def _store(self, run: BulkRun, work: DocumentWork, completion: Completion, owner: str) -> Kept:
        """The JSON last: it is what says that both are there."""
        key, markdown_key = _keys(run, work)
        named, now = _run_of(run, work), self._now()
        for name, body, kind in (
            (markdown_key, summary_markdown(named, completion, now), "text/markdown; charset=utf-8"),
            (key, summary_json(named, completion, now), "application/json"),
        ):
            self._objects.write(self._bucket, name, body, content_type=kind, owner=owner)
        return Kept(key, completion.summary)


def _keys(run: BulkRun, work: DocumentWork) -> tuple[str, str]:
    return archive_result_keys(run.tenant, work.document_id, work.bucket, work.key)


def _owner(run: BulkRun, *made_of: str) -> str:
    return hashlib.sha256("\0".join((run.model_id, *made_of)).encode()).hexdigest()


def _run_of(run: BulkRun, work: DocumentWork) -> SummaryRun:
    """What the files tell of their source; a bulk run reads the newest version and does not know its id."""
    return SummaryRun(
        bucket=work.bucket,
        key=work.key,
        version_id="",
        tenant=run.tenant,
        document_id=work.document_id,
        sequencer="",
        size=0,
        attempt=1,
        execution=run.run_id,
    )
