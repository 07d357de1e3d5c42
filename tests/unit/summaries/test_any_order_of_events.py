"""Whatever order S3's events come in, and however often, the record ends as the object did."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.dropped_object import DeletedObject, DroppedObject
from lambdas.shared.domain.errors import SupersededError
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.failure import Failure
from lambdas.shared.services.drop_register import DropRegister
from lambdas.shared.services.start_summary import StartSummary
from tests.fakes.documents import (
    COMPLETION,
    NOON,
    RESULT,
    STEP,
    InMemoryDocumentStore,
    InMemoryTenants,
    deleted,
    dropped,
)
from tests.fakes.workflows import InMemoryWorkflow

KEY = "inbox/acme/한국 %2F 🪨.txt"
Event = DroppedObject | DeletedObject


@dataclass
class Key:
    """One key of a versioned bucket, and what S3 tells of it."""

    versions: list[str] = field(default_factory=list)  # the newest last; markers begin with "m"
    events: list[Event] = field(default_factory=list)

    def put(self) -> None:
        self.versions.append(f"v{len(self.events)}")
        self.events.append(dropped(KEY, version=self.versions[-1], sequencer=self._next()))

    def hide(self) -> None:
        self.versions.append(f"m{len(self.events)}")
        self.events.append(deleted(KEY, version=self.versions[-1], sequencer=self._next()))

    def remove(self, which: int) -> None:
        if self.versions:
            gone = self.versions.pop(which % len(self.versions))
            self.events.append(deleted(KEY, version=gone, sequencer=self._next(), permanent=True))

    def _next(self) -> str:
        return f"{len(self.events) + 1:04X}"

    def expected(self) -> str | None:
        """The version that is summarized in the end. That an older one is uncovered again is told by no event."""
        living: str | None = None
        for event in self.events:
            if isinstance(event, DroppedObject):
                living = event.version_id
            elif not event.permanent or event.version.version_id == living:
                living = None
        return living


class World:
    def __init__(self, key: Key) -> None:
        self.key = key
        self.store = InMemoryDocumentStore()
        self.workflow = InMemoryWorkflow()
        self.ended: set[str] = set()
        tenants = InMemoryTenants("acme")
        register = DropRegister(documents=self.store, clients=tenants, default_tenant="local", now=lambda: NOON)
        self._starter = StartSummary(register=register, workflow=self.workflow)

    def deliver(self, event: Event) -> None:
        if isinstance(event, DeletedObject):
            self._starter.delete(event)
        else:
            self._starter.start(event)

    def run_one(self) -> None:
        """Carry an execution to its end: the workflow looks for its version before it reads."""
        waiting = [run for run in self.workflow.runs.values() if run.execution not in self.ended]
        if waiting:
            self.ended.add(waiting[-1].execution)
            with suppress(SupersededError):
                self._carry_through(waiting[-1])

    def _carry_through(self, run: SummaryRun) -> None:
        self.store.claim(run, STEP)
        if run.version_id in self.key.versions and not self.key.versions[-1].startswith("m"):
            self.store.complete(run, COMPLETION, result=RESULT, steps=())
        else:
            self.store.fail(run, Failure("deleted", "It is gone."), cost_usd=None)

    def record(self) -> Document | None:
        return self.store.get("acme", dropped(KEY).document_id)


@st.composite
def keys(draw: st.DrawFn) -> Key:
    key = Key()
    for action in draw(st.lists(st.sampled_from(["put", "put", "hide", "remove"]), min_size=1, max_size=7)):
        if action == "remove":
            key.remove(draw(st.integers(0, 6)))
        else:
            getattr(key, action)()
    return key


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(key=keys(), data=st.data())
def test_the_record_ends_as_the_object_did(key: Key, data: st.DataObject) -> None:
    world = World(key)
    twice = data.draw(st.lists(st.sampled_from(key.events), max_size=4)) if key.events else []
    for event in data.draw(st.permutations([*key.events, *twice])):
        world.deliver(event)
        if data.draw(st.booleans()):
            world.run_one()
    for _ in key.events:
        world.run_one()
    record, expected = world.record(), key.expected()
    if expected is None:
        assert record is None or record.state is DocumentState.DELETED
    else:
        assert record is not None
        assert (record.state, record.version_id) == (DocumentState.SUMMARIZED, expected)
    assert len(world.workflow.runs) <= sum(isinstance(event, DroppedObject) for event in key.events)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1), (2, 1, 0)])
def test_a_version_that_was_replaced_long_ago_is_removed_by_a_lifecycle_rule(order: tuple[int, ...]) -> None:
    key = Key()
    key.put()
    key.put()
    key.remove(0)
    world = World(key)
    for number in order:
        world.deliver(key.events[number])
        world.run_one()
    record = world.record()
    assert record is not None and (record.state, record.version_id) == (DocumentState.SUMMARIZED, "v1")
