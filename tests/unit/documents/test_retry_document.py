"""A failed document gets its next attempt, once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.errors import (
    DocumentGoneError,
    DocumentNotFailedError,
    KnowledgeDocumentError,
    NotFoundError,
)
from lambdas.shared.domain.failure import Failure
from lambdas.shared.services.retry_document import RetryDocument
from tests.fakes.documents import COMPLETION, RESULT, STEP, InMemoryDocumentStore, deleted, dropped, received, run_for
from tests.fakes.objects import InMemoryObjectStore
from tests.fakes.workflows import InMemoryWorkflow

RUN = run_for()
FAILED = Failure("model_throttled", "Later.")


class CrashError(Exception):
    pass


class World:
    def __init__(self) -> None:
        self.store = InMemoryDocumentStore()
        self.objects = InMemoryObjectStore()
        self.workflow = InMemoryWorkflow()
        self._service = RetryDocument(documents=self.store, objects=self.objects, workflow=self.workflow)
        self.objects.write(RUN.bucket, RUN.key, b"text", content_type="text/plain", owner="")
        self.store.register(received(RUN))

    def retry(self, tenant: str = RUN.tenant, document_id: str = RUN.document_id) -> Document:
        return self._service.retry(tenant, document_id)

    def record(self) -> Document:
        document = self.store.get(RUN.tenant, RUN.document_id)
        assert document is not None
        return document


@pytest.fixture
def world() -> World:
    made = World()
    made.store.fail(RUN, FAILED, cost_usd=Decimal(0))
    return made


def crash(*_: object) -> None:
    raise CrashError


def test_the_next_attempt_waits_in_the_record_and_runs_under_its_own_name(world: World) -> None:
    document = world.retry()
    assert document == world.record()
    assert (document.state, document.attempt, document.failure) == (DocumentState.RECEIVED, 2, None)
    expected = replace(RUN, attempt=2, execution=RUN.execution.removesuffix("-1") + "-2")
    assert world.workflow.runs == {expected.execution: expected}
    assert document.execution == expected.execution


def test_a_retry_that_is_repeated_starts_nothing_more(world: World) -> None:
    assert world.retry() == world.retry()
    assert list(world.workflow.runs) == [world.record().execution]


def test_each_failure_may_be_retried(world: World) -> None:
    for attempt in (2, 3):
        world.retry()
        run = world.workflow.runs[world.record().execution]
        assert run.attempt == attempt
        world.store.claim(run, STEP)
        world.store.fail(run, FAILED, cost_usd=None)
    assert len(world.workflow.runs) == 2


def test_a_crash_before_the_execution_starts_is_healed_by_the_next_retry(world: World) -> None:
    world.workflow.before = crash
    with pytest.raises(CrashError):
        world.retry()
    assert (world.record().state, world.record().attempt) == (DocumentState.RECEIVED, 2)
    world.workflow.before = lambda: None
    assert world.retry().attempt == 2
    assert list(world.workflow.runs) == [world.record().execution]


def test_a_crash_before_the_record_changes_leaves_it_failed(world: World) -> None:
    world.store.before = lambda operation: crash() if operation == "start_again" else None
    with pytest.raises(CrashError):
        world.retry()
    assert (world.record().state, world.workflow.calls) == (DocumentState.FAILED, 0)


def test_of_two_retries_at_the_same_time_one_attempt_comes(world: World) -> None:
    def first(operation: str) -> None:
        if operation == "start_again":
            world.store.before = lambda operation: None
            world.retry()

    world.store.before = first
    assert world.retry().attempt == 2
    assert list(world.workflow.runs) == [world.record().execution]


def test_a_newer_version_that_comes_meanwhile_is_left_alone(world: World) -> None:
    newer = received(run_for(dropped(version="v2", sequencer="02")))

    def meanwhile(operation: str) -> None:
        if operation == "start_again":
            world.store.before = lambda operation: None
            world.store.register(newer)
            world.store.claim(run_for(dropped(version="v2", sequencer="02")), STEP)

    world.store.before = meanwhile
    with pytest.raises(DocumentNotFailedError, match="RUNNING"):
        world.retry()
    assert not world.workflow.runs


@pytest.mark.parametrize("state", [DocumentState.RUNNING, DocumentState.SUMMARIZED, DocumentState.DELETED])
def test_what_has_not_failed_is_refused_with_its_state(state: DocumentState) -> None:
    world = World()
    world.store.claim(RUN, STEP)
    if state is DocumentState.SUMMARIZED:
        world.store.complete(RUN, COMPLETION, result=RESULT, steps=())
    if state is DocumentState.DELETED:
        world.store.mark_deleted(RUN.tenant, deleted())
    before = world.record()
    with pytest.raises(DocumentNotFailedError, match=f"is {state},"):
        world.retry()
    assert (world.record(), world.workflow.calls) == (before, 0)


def test_a_drop_whose_execution_never_started_is_started(world: World) -> None:
    """What is left where the event's last delivery died between the record and the execution."""
    untouched = World()
    assert untouched.retry().attempt == 1
    assert untouched.workflow.runs == {RUN.execution: RUN}


def test_a_document_whose_object_is_gone_is_refused(world: World) -> None:
    world.objects.mark_deleted(RUN.bucket, RUN.key)
    before = world.record()
    with pytest.raises(DocumentGoneError, match="drop it again"):
        world.retry()
    assert (world.record(), world.workflow.calls) == (before, 0)


@pytest.mark.parametrize(("tenant", "document_id"), [("globex", RUN.document_id), ("acme", "doc_nothing")])
def test_what_is_missing_and_what_is_somebody_elses_look_the_same(world: World, tenant: str, document_id: str) -> None:
    with pytest.raises(NotFoundError):
        world.retry(tenant, document_id)


def test_a_document_of_the_knowledge_base_starts_no_summary(world: World) -> None:
    run = run_for(dropped("knowledge/acme/a.txt"))
    world.store.register(received(run))
    world.store.fail(run, FAILED, cost_usd=None)
    with pytest.raises(KnowledgeDocumentError, match="ops knowledge sync"):
        world.retry(run.tenant, run.document_id)
    assert world.workflow.calls == 0
