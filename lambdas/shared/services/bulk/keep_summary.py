"""Stores a summary that a bulk run has made, as a dropped document's is stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.spending import assessed
from lambdas.shared.domain.document import Completion
from lambdas.shared.domain.dropped_object import archive_result_keys
from lambdas.shared.domain.errors import InvalidAnswerError
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.object_store import ObjectStore
from lambdas.shared.domain.reusable_summaries import ReusableSummaries, ReuseKey
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
        documents: ReusableSummaries,
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

    def keep(self, run: BulkRun, work: DocumentWork) -> Outcome:
        """A summary that the policy objects to, or leaves no summary of, would come to the same again: it has failed.
        Raises what the guardrail's check raises where it cannot be asked."""
        if work.summary_text is None:
            raise ValueError(f"{work.document_id} has no summary yet")
        # of this run: another one's assessment was another one's money, and may have been under another policy
        owner = _owner(run, run.run_id, work.summary_text, work.content_hash)
        key, _ = _keys(run, work)
        if self._objects.version_of(self._bucket, key, owner) is not None:
            return self._kept_before(work, key)
        found = self._policy.assess(run, work.document_id, work.summary_text, "output")
        work = work.paid(assessed(found.usd))
        if found.refusal is not None:
            return work.failed(found.refusal)
        try:
            summary = read_summary(found.text, "end_turn")
        except InvalidAnswerError as error:
            return work.failed(error.code)
        completion = self._completion(run, work, summary)
        completion = replace(completion, cost_usd=work.spent.cost_usd, guardrail_usd=found.usd)
        reuse = ReuseKey(completion.content_hash, completion.prompt_version, completion.model)
        self._documents.keep_reusable(run.tenant, reuse, summary)
        return work.succeeded(self._store(run, work, completion, owner), summary)

    def reuse(self, run: BulkRun, work: DocumentWork, summary: Summary) -> Outcome:
        """Store a summary that the tenant has of the same content."""
        owner = _owner(run, "reused", work.content_hash)
        key, _ = _keys(run, work)
        if self._objects.version_of(self._bucket, key, owner) is None:
            self._store(run, work, replace(self._completion(run, work, summary), reused=True), owner)
        return Outcome(work.document_id, work.key, "skipped", result_key=key, summary=summary)

    def _completion(self, run: BulkRun, work: DocumentWork, summary: Summary) -> Completion:
        return Completion(
            summary=summary,
            model=run.model_id,
            prompt_version=self._requests.of(run).version(work.sections),
            content_hash=work.content_hash,
            cost_usd=Decimal(0),
            reused=False,
            sections=work.sections,
            calls=0,
            skipped=work.skipped,
            document_language=work.language,
        )

    def _kept_before(self, work: DocumentWork, key: str) -> Outcome:
        """By this step, before it was cut short: what it had paid is paid."""
        stored: dict[str, Any] = json.loads(self._objects.read(self._bucket, key), parse_float=Decimal)
        return work.paid(assessed(stored.get("guardrail_usd"))).succeeded(key, summary_from(stored))

    def _store(self, run: BulkRun, work: DocumentWork, completion: Completion, owner: str) -> str:
        """The JSON last: it is what says that both are there. Answers its key."""
        key, markdown_key = _keys(run, work)
        named, now = _run_of(run, work), self._now()
        for name, body, kind in (
            (markdown_key, summary_markdown(named, completion, now), "text/markdown; charset=utf-8"),
            (key, summary_json(named, completion, now), "application/json"),
        ):
            self._objects.write(self._bucket, name, body, content_type=kind, owner=owner)
        return key


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
