"""One run of the summarizing workflow: its input, its name, and where it keeps its work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lambdas.shared.domain.dropped_object import DroppedObject


@dataclass(frozen=True, slots=True)
class SummaryRun:
    """Exactly the state machine's input: one attempt at one version of one document."""

    bucket: str
    key: str
    version_id: str
    tenant: str
    document_id: str
    sequencer: str
    size: int
    attempt: int
    execution: str

    @property
    def requests_key(self) -> str:
        """JSON lines `{"recordId", "modelInput"}` in the results bucket."""
        return f"work/{self.execution}/requests.jsonl"

    def answer_key(self, record_id: str) -> str:
        """One stored answer; its presence means that the call was made and paid."""
        return f"work/{self.execution}/answers/{record_id}.json"

    def rejected_key(self, record_id: str) -> str:
        """The last answer that was paid but could not be used."""
        return f"work/{self.execution}/answers/{record_id}.rejected.json"


@dataclass(frozen=True, slots=True)
class PreparedRequests:
    """What prepare leaves for the next steps; a `reused` answer is stored already and costs nothing.

    `model` is the id that is sent to Bedrock, `content_hash` the SHA-256 of the document's bytes.
    """

    requests_key: str
    record_id: str
    records: int
    model: str
    prompt_version: str
    content_hash: str
    reused: bool


@dataclass(frozen=True, slots=True)
class AnswerReceipt:
    """What infer leaves: where the answer is and what it took; `cost_usd` is a decimal text, None = not known."""

    answer_key: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: str | None


def run_of(dropped: DroppedObject, *, tenant: str, attempt: int = 1) -> SummaryRun:
    """The run that summarizes this version; the same event always gives the same run."""
    return SummaryRun(
        bucket=dropped.bucket,
        key=dropped.key,
        version_id=dropped.version_id,
        tenant=tenant,
        document_id=dropped.document_id,
        sequencer=dropped.sequencer,
        size=dropped.size,
        attempt=attempt,
        execution=f"{dropped.version_hash}-{attempt}",
    )


class SummaryWorkflow(Protocol):
    """What carries a run through its steps."""

    def start(self, run: SummaryRun) -> None:
        """Start the run once: a run that is under way or has ended is left alone."""
        ...
