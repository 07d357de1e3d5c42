"""One run of the summarizing workflow: its input, its name, and where it keeps its work."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
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
    def version_hash(self) -> str:
        """The execution's name without its attempt: work that an earlier attempt has paid for is found by it."""
        return self.execution.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Spent:
    """What the answers so far have taken. `cost_usd` is a decimal text (the workflow's state is JSON); None = the price
    of at least one of them is not known."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: str | None = "0"

    def plus(self, *, calls: int, input_tokens: int, output_tokens: int, cost_usd: Decimal | None) -> Spent:
        """The sum of both; what is not known stays not known."""
        known = self.cost_usd is not None and cost_usd is not None
        return Spent(
            calls=self.calls + calls,
            input_tokens=self.input_tokens + input_tokens,
            output_tokens=self.output_tokens + output_tokens,
            cost_usd=str(Decimal(self.cost_usd or 0) + (cost_usd or 0)) if known else None,
        )

    @property
    def usd(self) -> Decimal | None:
        """`cost_usd` as a number."""
        return None if self.cost_usd is None else Decimal(self.cost_usd)


@dataclass(frozen=True, slots=True)
class PreparedRequests:
    """The requests of one level, and all that the next steps need: counts and keys, whatever the document's size.

    Level 0 holds the document's own sections, each further level what is merged from the one below; the level of one
    record writes the document's summary. `work` is the prefix of everything in the results bucket; it does not name the
    attempt, so a retry finds the answers that were paid for. `model` is the id that is sent to Bedrock, `content_hash`
    the SHA-256 of the document's bytes; a `reused` answer is stored already and costs nothing. `spent`: on the levels
    below. `skipped`: sentences about what of the document was not read; `document_language`: see `Completion`.
    """

    work: str
    level: int
    records: int
    sections: int
    model: str
    prompt_version: str
    content_hash: str
    reused: bool = False
    spent: Spent = field(default_factory=Spent)
    requests_key: str = ""
    items_key: str = ""
    skipped: tuple[str, ...] = ()
    document_language: str | None = None

    def record_id(self, document_id: str, index: int) -> str:
        """The record of this level's section `index`, counted from 0."""
        return f"{document_id}_{self.level}_{index:05}"

    def answer_key(self, record_id: str) -> str:
        """One stored answer; its presence means that the call was made and paid."""
        return f"{self.work}answers/{record_id}.json"

    def rejected_key(self, record_id: str) -> str:
        """The last answer that was paid but could not be used."""
        return f"{self.work}answers/{record_id}.rejected.json"

    def failure_key(self, record_id: str) -> str:
        """Why the last call for the record came to nothing."""
        return f"{self.work}answers/{record_id}.failure.json"

    def attachment_key(self, document_id: str) -> str:
        """A copy of a document that the model reads itself."""
        return f"{self.work}{document_id}.pdf"


def prepared_requests(
    run: SummaryRun, *, fingerprint: str, level: int, records: int, sections: int, model: str, prompt_version: str,
    content_hash: str, reused: bool = False, spent: Spent | None = None, skipped: tuple[str, ...] = (),
    document_language: str | None = None,
) -> PreparedRequests:  # fmt: skip
    """A level of a run. `fingerprint` tells apart what another model, prompt or split would ask."""
    work = f"work/{run.version_hash}/{fingerprint}/"
    return PreparedRequests(
        work=work,
        level=level,
        records=records,
        sections=sections,
        model=model,
        prompt_version=prompt_version,
        content_hash=content_hash,
        reused=reused,
        spent=spent or Spent(),
        requests_key=f"{work}requests.{level}.jsonl",
        items_key=f"{work}items.{level}.jsonl",
        skipped=skipped,
        document_language=document_language,
    )


@dataclass(frozen=True, slots=True)
class RequestLine:
    """Where one record stands in the requests file; `length` 0 = the file holds nothing else."""

    record_id: str
    offset: int = 0
    length: int = 0


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
