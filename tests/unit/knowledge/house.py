"""The worker on fakes, with a queue that is worked off by hand."""

from __future__ import annotations

from collections.abc import Mapping

from lambdas.shared.domain.document import Document
from lambdas.shared.domain.dropped_object import DeletedObject, DroppedObject
from lambdas.shared.services.drop_register import DropRegister
from lambdas.shared.services.knowledge.sync_knowledge import SyncKnowledge
from lambdas.shared.services.knowledge.take_drop import TakeDrop
from lambdas.shared.services.knowledge.tend_documents import TendDocuments
from lambdas.shared.services.knowledge.work_batch import Message, Outcome, WorkBatch
from tests.fakes.documents import InMemoryTenants
from tests.fakes.knowledge import (
    Clock,
    InMemoryKnowledgeBase,
    InMemoryKnowledgeChecks,
    InMemoryKnowledgeObjects,
    InMemoryKnowledgeRecords,
)

BUCKET = "documents"
KEY = "knowledge/acme/handbook.txt"


class House:
    def __init__(self) -> None:
        self.clock = Clock()
        self.records = InMemoryKnowledgeRecords()
        self.objects = InMemoryKnowledgeObjects()
        self.base = InMemoryKnowledgeBase(self.clock)
        self.checks = InMemoryKnowledgeChecks()
        register = DropRegister(
            documents=self.records, clients=InMemoryTenants("acme", "globex"), default_tenant="local", now=self.clock
        )
        tending = TendDocuments(records=self.records, objects=self.objects, knowledge_base=self.base, now=self.clock)
        self.worker = WorkBatch(drops=TakeDrop(register), tending=tending, checks=self.checks)
        self.sync = SyncKnowledge(
            register=register,
            records=self.records,
            objects=self.objects,
            knowledge_base=self.base,
            checks=self.checks,
            now=self.clock,
        )
        self._sequence = 0

    def put(self, key: str = KEY, version: str = "v1", metadata: Mapping[str, str] | None = None) -> DroppedObject:
        """An object appears; answers its event."""
        self.objects.objects[key], self.objects.versions[key] = metadata or {}, version
        return DroppedObject(BUCKET, key, version, self._next(), 10)

    def remove(self, key: str = KEY) -> DeletedObject:
        """An object is hidden by a delete marker; answers its event."""
        self.objects.objects[key] = None
        return DeletedObject(DroppedObject(BUCKET, key, "marker", self._next(), 0), permanent=False)

    def tell(self, *events: DroppedObject | DeletedObject) -> Outcome:
        """One batch with these events."""
        return self.worker.work([Message(f"m{number}", event=event) for number, event in enumerate(events)])

    def remind(self) -> Outcome:
        """One batch with all reminders that wait."""
        waiting, self.checks.reminders = self.checks.reminders, []
        return self.worker.work([Message(f"r{n}", documents=refs, round=r) for n, (refs, r) in enumerate(waiting)])

    def settle(self) -> None:
        """Until nothing waits any more."""
        for _ in range(20):
            self.base.finish()
            self.clock.forward(seconds=5)
            if not self.checks.reminders:
                return
            self.remind()
        raise AssertionError(f"never ends: {self.checks.reminders}")

    def record(self, key: str = KEY, tenant: str = "acme") -> Document:
        found = self.records.get(tenant, DroppedObject(BUCKET, key, "", "", 0).document_id)
        assert found is not None
        return found

    def asked(self, operation: str) -> int:
        return sum(each == operation for each, _ in self.base.asked)

    def _next(self) -> str:
        self._sequence += 1
        return f"{self._sequence:08X}"
