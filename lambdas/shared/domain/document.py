"""A dropped document's record: its states, who may move it between them, and what it became."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from lambdas.shared.domain.dropped_object import DeletedObject, sequencer_rank
from lambdas.shared.domain.failure import DELETED_CODE, Failure
from lambdas.shared.domain.summary import Summary


class DocumentState(StrEnum):
    """RECEIVED, RUNNING and INGESTING go on; the others are ends, until a newer version arrives. Documents of the inbox
    run until they are SUMMARIZED, those of the Knowledge Base are INGESTING until they are INDEXED."""

    RECEIVED = "RECEIVED"
    RUNNING = "RUNNING"
    SUMMARIZED = "SUMMARIZED"
    INGESTING = "INGESTING"
    INDEXED = "INDEXED"
    FAILED = "FAILED"
    DELETED = "DELETED"


# The good ends: where most documents stand, and so no index by state holds them.
DONE = frozenset({DocumentState.SUMMARIZED, DocumentState.INDEXED})
# The states of a document that is being worked on: its execution may add steps.
UNDER_WAY = frozenset({DocumentState.RECEIVED, DocumentState.RUNNING})
_GOING_ON = UNDER_WAY | {DocumentState.INGESTING}
# From where the owning execution may enter a state. A state may follow itself: steps are repeated after a crash.
MAY_FOLLOW: Mapping[DocumentState, frozenset[DocumentState]] = {
    DocumentState.RUNNING: frozenset({DocumentState.RECEIVED, DocumentState.RUNNING}),
    DocumentState.SUMMARIZED: frozenset({DocumentState.RUNNING, DocumentState.SUMMARIZED}),
    DocumentState.INGESTING: frozenset({DocumentState.RECEIVED, DocumentState.INGESTING}),
    DocumentState.INDEXED: frozenset({DocumentState.INGESTING, DocumentState.INDEXED}),
    DocumentState.FAILED: _GOING_ON | {DocumentState.FAILED},
    DocumentState.DELETED: _GOING_ON | {DocumentState.DELETED},
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the workflow: prepare, sections and merge of each level of a long document, infer, collect."""

    name: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class StoredResult:
    """The two result objects, by the very versions that this document's run wrote."""

    key: str
    version_id: str
    markdown_key: str
    markdown_version_id: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a successful run found out. `cost_usd`: 0 for a reused summary, None = not known. `sections`: in how many
    the document was read; `calls` and tokens count every paid call, those whose answers were of no use too. `skipped`:
    sentences about what of the document was not read. `document_language`: the ISO 639-1 code of most of its text, None
    where it cannot be told; the summary may be in another one. `guardrail_usd` is a part of the cost; None = not told
    apart."""

    summary: Summary
    model: str
    prompt_version: str
    content_hash: str
    cost_usd: Decimal | None
    reused: bool
    sections: int = 1
    calls: int = 1
    input_tokens: int = 0
    output_tokens: int = 0
    skipped: tuple[str, ...] = ()
    document_language: str | None = None
    guardrail_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The record of the newest registered version of a document. `attempt` counts its executions from 1."""

    tenant: str
    document_id: str
    bucket: str
    key: str
    version_id: str
    sequencer: str
    size: int
    execution: str
    received_at: datetime
    attempt: int = 1
    state: DocumentState = DocumentState.RECEIVED
    steps: tuple[Step, ...] = ()
    completion: Completion | None = None
    result: StoredResult | None = None
    failure: Failure | None = None
    cost_usd: Decimal | None = None


def replaces(arrived: Document, standing: Document | None) -> bool:
    """Whether an arriving version takes the record over: only a newer one does, whatever order events come in."""
    return standing is None or sequencer_rank(arrived.sequencer) > sequencer_rank(standing.sequencer)


def must_start(arrived: Document, standing: Document) -> bool:
    """Whether the arriving version's execution has to be started, given the record after its registration.

    Also true for a repeated event whose first delivery died between register and start.
    """
    return standing.execution == arrived.execution and standing.state is DocumentState.RECEIVED


def ends(deletion: DeletedObject, standing: Document) -> bool:
    """Whether a deletion ends the document that stands: a newer version survives a marker, and any version the removal
    of another one. A marker then counts as the newest version, a removal does not: of what comes between the two, the
    events may still be on their way."""
    if deletion.permanent:
        return deletion.version.version_id == standing.version_id
    return sequencer_rank(deletion.version.sequencer) > sequencer_rank(standing.sequencer)


def may_enter(state: DocumentState, document: Document | None, execution: str) -> bool:
    """Whether this execution may move the document into `state`: it must own it still."""
    return document is not None and document.execution == execution and document.state in MAY_FOLLOW[state]


def state_after(failure: Failure) -> DocumentState:
    """A document that went away while it was worked on is no failure of ours."""
    return DocumentState.DELETED if failure.code == DELETED_CODE else DocumentState.FAILED
