"""The workflow's way out: writes the reason of a failure into the record and publishes it."""

from __future__ import annotations

from decimal import Decimal

from lambdas.shared.domain.announcement import Announcer, SummaryFailed
from lambdas.shared.domain.document_store import DocumentStore
from lambdas.shared.domain.errors import SupersededError
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.failure import failure_from


class FailDocument:
    """Ends a document that could not be summarized."""

    def __init__(self, *, documents: DocumentStore, announcer: Announcer) -> None:
        self._documents = documents
        self._announcer = announcer

    def fail(self, run: SummaryRun, *, error: str, cause: str | None, model_asked: bool) -> None:
        """`error` and `cause` are a state's error output. Raises SupersededError when a newer version owns the record.

        A failure before the model was asked cost nothing; after that, the ledger alone knows.
        """
        failure = failure_from(error, cause)
        try:
            self._documents.fail(run, failure, cost_usd=None if model_asked else Decimal(0))
        except SupersededError:
            if self._is_summarized_by(run):
                return  # Only the announcement failed: the summary stands, and the execution still ends as failed.
            raise
        self._announcer.publish(
            SummaryFailed(
                document_id=run.document_id,
                tenant=run.tenant,
                bucket=run.bucket,
                key=run.key,
                code=failure.code,
                detail=failure.detail,
            )
        )

    def _is_summarized_by(self, run: SummaryRun) -> bool:
        document = self._documents.get(run.tenant, run.document_id)
        return document is not None and document.execution == run.execution
