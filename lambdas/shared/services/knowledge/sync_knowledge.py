"""Compares bucket, records and Knowledge Base, and sets right what was missed: after an outage, or for a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from itertools import islice

from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.execution import run_of
from lambdas.shared.domain.knowledge.knowledge_base import MOST_AT_ONCE, KnowledgeBase, Standing
from lambdas.shared.domain.knowledge.records import (
    DocumentRef,
    KnowledgeChecks,
    KnowledgeObjects,
    KnowledgeRecords,
    ListedObject,
)
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.services.drop_register import DropRegister, record_of

# A sequencer that every event's goes before: a drop that is told only now takes its record over.
_UNKNOWN = "0"


class Finding(StrEnum):
    """What is found about one document, and so what becomes of it."""

    UNCHANGED = "unchanged"
    UNDER_WAY = "under way"
    FAILED = "failed"
    INGEST = "to ingest"
    DELETE = "to delete"
    ORPHAN = "to delete, of no object"


class SyncKnowledge:
    """Changes records and leaves the rest to the worker, which it tells. `dry` changes and tells nothing."""

    def __init__(
        self,
        *,
        register: DropRegister,
        records: KnowledgeRecords,
        objects: KnowledgeObjects,
        knowledge_base: KnowledgeBase,
        checks: KnowledgeChecks,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._register = register
        self._records = records
        self._objects = objects
        self._base = knowledge_base
        self._checks = checks
        self._now = now

    def sync(self, bucket: str, *, retry_failed: bool = False, dry: bool = False) -> Iterator[Finding]:
        """One finding for every object, removed object and document of no object."""
        standings = {each.document_id: each.standing for each in self._base.all()}
        seen: set[str] = set()
        told: list[DocumentRef] = []
        for listed in self._objects.newest(bucket):
            if not listed.version.is_knowledge:
                continue
            seen.add(listed.version.document_id)
            standing = standings.get(listed.version.document_id, Standing.ABSENT)
            finding, ref = self._look(listed, standing, retry_failed=retry_failed, dry=dry)
            told += [ref] if ref else []
            yield finding
            if len(told) >= MOST_AT_ONCE:
                self._tell(told, dry=dry)
                told = []
        self._tell(told, dry=dry)
        orphans = [each for each in standings if each not in seen and standings[each] is not Standing.DELETING]
        for some in _tens(orphans):
            if not dry:
                self._base.delete(some)
            yield from (Finding.ORPHAN for _ in some)

    def _look(
        self, listed: ListedObject, standing: Standing, *, retry_failed: bool, dry: bool
    ) -> tuple[Finding, DocumentRef | None]:
        version = listed.version
        ref = DocumentRef(self._register.tenant_of(version), version.document_id)
        record = self._records.get(*ref)
        finding = _finding(listed, record, standing, retry_failed=retry_failed)
        if finding in (Finding.INGEST, Finding.DELETE) and not dry:
            self._take_over(listed, record, ref.tenant)
        return finding, None if finding in (Finding.UNCHANGED, Finding.FAILED) else ref

    def _take_over(self, listed: ListedObject, record: Document | None, tenant: str) -> None:
        """Where an event comes in between, its record stands, and its own message carries it on."""
        attempt = record.attempt + 1 if record else 1
        run = run_of(listed.version, tenant=tenant, attempt=attempt)
        state = DocumentState.RECEIVED if listed.exists else DocumentState.DELETED
        fresh = replace(record_of(run, self._now()), state=state, sequencer=record.sequencer if record else _UNKNOWN)
        self._records.take_over(fresh, after=record.execution if record else None)

    def _tell(self, refs: Sequence[DocumentRef], *, dry: bool) -> None:
        if refs and not dry:
            self._checks.later(refs, round_number=0)


def _finding(listed: ListedObject, record: Document | None, standing: Standing, *, retry_failed: bool) -> Finding:
    state = record.state if record else None
    if not listed.exists:
        gone = state in (None, DocumentState.DELETED) and standing in (Standing.ABSENT, Standing.DELETING)
        return Finding.UNCHANGED if gone else Finding.DELETE
    if record is None or record.version_id != listed.version.version_id or state is DocumentState.DELETED:
        return Finding.INGEST
    if state is DocumentState.FAILED:
        return Finding.INGEST if retry_failed else Finding.FAILED
    if state is not DocumentState.INDEXED:
        return Finding.UNDER_WAY
    return Finding.UNCHANGED if standing is Standing.INDEXED else Finding.INGEST


def _tens(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, MOST_AT_ONCE)):
        yield some
