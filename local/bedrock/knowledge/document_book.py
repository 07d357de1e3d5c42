"""The documents of a data source and the states that they are in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Publish = Callable[[], None]


def _nothing() -> None:
    """The default of what is published."""


@dataclass(frozen=True, slots=True)
class DocumentState:
    """`turn` counts what was asked for this document: only the last request may still say something about it."""

    identifier: Mapping[str, Any]
    status: str
    turn: int
    reason: str = ""
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def document_key(identifier: Mapping[str, Any]) -> str:
    """What a document is known by within its data source: the id of a custom one, the URI of one in S3."""
    kind = identifier["dataSourceType"]
    return str(identifier["custom"]["id"] if kind == "CUSTOM" else identifier["s3"]["uri"])


class DocumentBook:
    """Safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, DocumentState] = {}
        self._turns = 0

    def begin(self, identifier: Mapping[str, Any], status: str) -> DocumentState:
        """A new request for this document."""
        with self._lock:
            self._turns += 1
            state = DocumentState(identifier, status, self._turns)
            self._states[document_key(identifier)] = state
            return state

    def move(self, before: DocumentState, status: str, reason: str = "", *, publish: Publish = _nothing) -> bool:
        """The next state of the same request; False where a newer request has taken the document over. `publish` is
        called only if it has not, and before anybody can see the state."""
        with self._lock:
            if not self._stands(before):
                return False
            publish()
            key = document_key(before.identifier)
            self._states[key] = DocumentState(before.identifier, status, before.turn, reason)
            return True

    def forget(self, before: DocumentState, *, publish: Publish) -> bool:
        """The document is gone; False where a newer request has taken it over. `publish` as above."""
        with self._lock:
            if not self._stands(before):
                return False
            publish()
            del self._states[document_key(before.identifier)]
            return True

    def find(self, identifier: Mapping[str, Any]) -> DocumentState | None:
        """Its present state; None for a document that was never ingested, or is deleted."""
        with self._lock:
            return self._states.get(document_key(identifier))

    def all(self) -> list[DocumentState]:
        """Every document, in the order of their first ingestion."""
        with self._lock:
            return list(self._states.values())

    def _stands(self, before: DocumentState) -> bool:
        standing = self._states.get(document_key(before.identifier))
        return standing is not None and standing.turn == before.turn
