"""The documents of a history, and what people and models make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from lambdas.shared.domain.bulk.document_preparing import PreparedDocument
from lambdas.shared.domain.bulk.document_steps import AskedAnswer
from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.listing import Entry, Page
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.spending import Spent, assessed
from lambdas.shared.domain.errors import (
    InvalidAnswerError,
    ModelRefusedRequestError,
    ModelThrottledError,
    ModelUnavailableError,
)
from lambdas.shared.domain.summary import AnswerCutError, Summary
from tests.simulator.faults import Faults

RECORD_USD = Decimal("0.001")
# What assessing a summary costs; one that is stored is not assessed again.
KEPT_USD = Decimal("0.0004")
# Answers need this much room; requests begin with 100.
_ROOM = 100
Touch = Callable[[str], None]


@dataclass(frozen=True)
class SimulatedDocument:
    """`kind`: `plain`, `long` (some sections), `unreadable`, `known` (summarized before), `poison` (no model takes it),
    `wordy` (its answer needs twice the room), `huge` (no job takes it)."""

    key: str
    kind: str
    sections: int = 1


def draw_documents(random: Random, count: int) -> list[SimulatedDocument]:
    kinds = random.choice((("plain",), ("plain", "plain", "long"), tuple(_KINDS)))
    documents = []
    for number in range(count):
        kind = random.choice(kinds)
        sections = random.randint(2, 5) if kind == "long" else 1
        documents.append(SimulatedDocument(f"bulk/{number:04d}.txt", kind, sections))
    return documents


_KINDS = ("plain", "plain", "plain", "long", "long", "unreadable", "known", "poison", "wordy", "huge")


@dataclass
class Archive:
    """Ports to the documents. `kept` are the stored summaries, `asked` the ledger of on-demand calls."""

    random: Random
    faults: Faults
    touch: Touch
    documents: Sequence[SimulatedDocument]
    page_size: int = 7
    kept: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    paid_calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by_id = {Entry("archive", document.key).document_id: document for document in self.documents}

    def page(self, run: BulkRun, token: str | None) -> Page:
        self.touch("source.page")
        start = int(token or 0)
        entries = [Entry("archive", document.key, 10) for document in self.documents[start : start + self.page_size]]
        if start == 0:
            entries.insert(0, Entry("archive", "bulk/", 0))
        end = start + self.page_size
        return Page(entries, str(end) if end < len(self.documents) else None)

    def prepare(self, run: BulkRun, entry: Entry) -> PreparedDocument | Outcome:
        self.touch("documents.prepare")
        document, id_ = self.by_id[entry.document_id], entry.document_id
        if document.kind == "unreadable":
            return Outcome(id_, entry.key, "failed", code="unreadable_document")
        if document.kind == "known":
            return Outcome(id_, entry.key, "skipped", result_key=f"summaries/{id_}")
        ids = tuple(f"{id_}_0_{index:05}" for index in range(document.sections))
        work = DocumentWork(id_, entry.bucket, entry.key, "hash", ids)
        return PreparedDocument(work, [self._request(document, f"text of {id_}") for id_ in ids])

    def merge(self, run: BulkRun, work: DocumentWork) -> list[dict[str, Any]]:
        document = self.by_id[work.document_id]
        texts = work.texts
        groups = [texts[start : start + 3] for start in range(0, len(texts), 3)]
        return [self._request(document, " + ".join(group)) for group in groups]

    def keep(self, run: BulkRun, work: DocumentWork) -> Outcome:
        key = f"summaries/{run.run_id}/{work.document_id}"
        self.touch("results.keep:before")
        assert work.summary_text is not None
        self.kept[key] = work.summary_text
        self.touch("results.keep:after")
        return work.paid(assessed(KEPT_USD)).succeeded(key, Summary("Title", work.summary_text, (), (), "en"))

    def _request(self, document: SimulatedDocument, text: str) -> dict[str, Any]:
        size = 10_000_000 if document.kind == "huge" else 50 + 10 * self.random.randrange(5)
        return {"text": text, "size": size, "document": document.key, "inferenceConfig": {"maxTokens": _ROOM}}

    # ---- the model

    def line(self, row: dict[str, Any]) -> dict[str, Any]:
        """The output line of a batch job, without the faults of rows."""
        record_id, body = row["recordId"], row["modelInput"]
        if self._is_poison(record_id):
            return {"recordId": record_id, "error": {"errorCode": 400, "errorMessage": "no"}}
        text, stop = self._reply(record_id, body)
        output = {
            "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
            "stopReason": stop,
            "usage": {"inputTokens": 100, "outputTokens": 10, "totalTokens": 110},
        }
        return {"recordId": record_id, "modelInput": body, "modelOutput": output}

    def ask(self, run: BulkRun, record_id: str, model_input: Any, *, call_id: str) -> AskedAnswer:
        self.asked[call_id] = "open"
        self.touch("model.ask:before")
        if self.faults.strike("on_demand_throttled"):
            raise ModelThrottledError("slow down")
        if self._is_poison(record_id) or self.faults.strike("on_demand_refused"):
            raise ModelRefusedRequestError("no")
        self.paid_calls.append(call_id)
        if self.faults.strike("on_demand_unavailable"):
            raise ModelUnavailableError("timed out, after it was paid for")
        self.touch("model.ask:after")
        text, stop = self._reply(record_id, model_input)
        self.asked[call_id] = "closed"
        return AskedAnswer(text, stop, Spent(2 * RECORD_USD))

    def _reply(self, record_id: str, body: Any) -> tuple[str, str]:
        wordy = self._document(record_id).kind == "wordy" and body["inferenceConfig"]["maxTokens"] <= _ROOM
        if wordy or self.faults.strike("cut_answer"):
            return "summary of", "max_tokens"
        if self.faults.strike("invalid_answer"):
            return "I would rather not", "end_turn"
        return f"summary of {record_id} from {body['text']}", "end_turn"

    def _document(self, record_id: str) -> SimulatedDocument:
        return self.by_id[record_id[:28]]

    def _is_poison(self, record_id: str) -> bool:
        return self._document(record_id).kind == "poison"


def check(text: str, stop_reason: str) -> None:
    if stop_reason == "max_tokens":
        raise AnswerCutError("cut")
    if not text.startswith("summary of doc_"):
        raise InvalidAnswerError("no summary")
