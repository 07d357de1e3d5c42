"""The ledger's events of batch jobs: one for what was answered, one for what is paid and was not found."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from lambdas.shared.domain.bulk.document_steps import JobSettlement
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.ledger import Ledger, LedgerEvent

OPERATION = "bulk.batch"
CLIENT = "bulk"


class JobMoments(Protocol):
    """When a job was first settled: an event is named by its time, and a repeated one must have the same name."""

    def moment(self, run_id: str, job_name: str) -> datetime:
        """Now, and for ever after what was answered first."""
        ...


class JobEvents:
    """`JobLedger`. A job that was never there leaves no event."""

    def __init__(self, *, ledger: Ledger, moments: JobMoments, prices_as_of: str) -> None:
        self._ledger = ledger
        self._moments = moments
        self._as_of = prices_as_of

    def record_job(self, run: BulkRun, settlement: JobSettlement) -> None:
        if not settlement.job_id:
            return
        event = LedgerEvent(
            call_id=settlement.job_name,
            at=self._moments.moment(run.run_id, settlement.job_name),
            tenant=run.tenant,
            client=CLIENT,
            subject=run.run_id,
            operation=OPERATION,
            reference=run.run_id,
            model=run.model_id,
            outcome="completed",
            usage=TokenUsage(settlement.input_tokens, settlement.output_tokens),
            cost_usd=settlement.cost_usd,
            prices_as_of=self._as_of,
        )
        self._ledger.record(event)
        if settlement.uncertain:
            lost = event._replace(
                call_id=f"{settlement.job_name}-uncertain",
                outcome="uncertain",
                usage=TokenUsage(0, 0),
                cost_usd=None,
                estimated=True,
                error_code="missing_rows",
            )
            self._ledger.record(lost)
