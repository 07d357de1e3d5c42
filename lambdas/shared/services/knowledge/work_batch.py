"""Works through one batch of messages: takes drops in, tends all documents of the batch together, comes back later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lambdas.shared.domain.dropped_object import DeletedObject, DroppedObject
from lambdas.shared.domain.knowledge.knowledge_base import MOST_AT_ONCE
from lambdas.shared.domain.knowledge.records import DocumentRef, KnowledgeChecks
from lambdas.shared.services.knowledge.take_drop import TakeDrop
from lambdas.shared.services.knowledge.tend_documents import TendDocuments


@dataclass(frozen=True, slots=True)
class Message:
    """What S3 tells, or a reminder: `round` counts how often its documents were looked at before."""

    message_id: str
    event: DroppedObject | DeletedObject | None = None
    documents: Sequence[DocumentRef] = ()
    round: int = -1


@dataclass(slots=True)
class Outcome:
    """`failed`: messages that come back; `tended`, `again`: documents; `defects`: unexpected errors."""

    failed: list[str] = field(default_factory=list)
    tended: int = 0
    again: int = 0
    defects: list[Exception] = field(default_factory=list)


class WorkBatch:
    """A message counts as done when its documents are at their end, or a reminder of them is in the queue: being
    throttled for hours brings nothing into the dead letters."""

    def __init__(self, *, drops: TakeDrop, tending: TendDocuments, checks: KnowledgeChecks) -> None:
        self._drops = drops
        self._tending = tending
        self._checks = checks

    def work(self, messages: Sequence[Message]) -> Outcome:
        """Each message fails or succeeds by itself until its documents are known; from then on together."""
        outcome = Outcome()
        rounds: dict[DocumentRef, int] = {}
        taken: list[str] = []
        for message in messages:
            try:
                refs = self._drops.take(message.event) if message.event is not None else message.documents
            except Exception as error:  # one message's trouble must not hold up the others
                outcome.failed.append(message.message_id)
                outcome.defects.append(error)
                continue
            taken.append(message.message_id)
            for ref in refs:
                # A fresh drop is looked at soon, whatever old reminder there is.
                rounds[ref] = min(message.round, rounds.get(ref, message.round))
        try:
            again = self._tending.tend(list(rounds))
            self._remind(again, rounds)
        except Exception as error:
            outcome.failed += taken
            outcome.defects.append(error)
            return outcome
        outcome.tended, outcome.again = len(rounds), len(again)
        return outcome

    def _remind(self, documents: Sequence[DocumentRef], rounds: dict[DocumentRef, int]) -> None:
        by_round: dict[int, list[DocumentRef]] = {}
        for ref in documents:
            by_round.setdefault(rounds[ref] + 1, []).append(ref)
        for round_number, refs in by_round.items():
            for start in range(0, len(refs), MOST_AT_ONCE):
                self._checks.later(refs[start : start + MOST_AT_ONCE], round_number=round_number)
