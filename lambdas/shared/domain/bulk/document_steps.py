"""The ports to what is done with answers: merge sections, keep the summary, ask on demand, keep the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.part import ModelInput
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.chat_model import TokenUsage


class AnswerMerger(Protocol):
    """Writes the requests that merge sections."""

    def merge(self, run: BulkRun, work: DocumentWork) -> Sequence[ModelInput]:
        """Fewer requests than `work` has answers, each within the model's window."""
        ...


class SummaryKeeper(Protocol):
    """Stores summaries."""

    def keep(self, run: BulkRun, work: DocumentWork) -> Outcome:
        """Store `work.summary_text`, unless the content policy objects to it. May be repeated: the same work has the
        same key, and what is stored, and was paid for that, stands."""
        ...


class AskedAnswer(NamedTuple):
    """An on-demand answer that was paid for."""

    text: str
    stop_reason: str
    spent: Spent
    usage: TokenUsage = TokenUsage(0, 0)


class RecordAsker(Protocol):
    """Asks on demand, through the choke point."""

    def ask(self, run: BulkRun, record_id: str, model_input: ModelInput, *, call_id: str) -> AskedAnswer:
        """`call_id` names the ledger's event, which is opened before the call and closed after it.

        Raises ModelThrottledError and ModelUnavailableError (ask again later), and other ModelErrors and
        BlockedByGuardrailError, which will be the same next time; the latter says what it has cost.
        """
        ...


class JobLedger(Protocol):
    """Where what jobs have cost is kept."""

    def record_job(self, run: BulkRun, settlement: JobSettlement) -> None:
        """One event for a job; the same job recorded twice counts once."""
        ...


class JobSettlement(NamedTuple):
    """What a job has cost. `answers` were found, `uncertain` more are counted by the service and were not found."""

    job_name: str
    job_id: str
    answers: int
    uncertain: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None
