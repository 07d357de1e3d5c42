"""A dropped object becomes one registered document and one execution."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.document import DocumentState
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
    received,
    run_for,
)
from tests.fakes.workflows import InMemoryWorkflow


class CrashError(Exception):
    pass


@pytest.fixture
def store() -> InMemoryDocumentStore:
    return InMemoryDocumentStore()


@pytest.fixture
def workflow() -> InMemoryWorkflow:
    return InMemoryWorkflow()


@pytest.fixture
def starter(store: InMemoryDocumentStore, workflow: InMemoryWorkflow) -> StartSummary:
    register = DropRegister(documents=store, clients=InMemoryTenants("acme"), default_tenant="local", now=lambda: NOON)
    return StartSummary(register=register, workflow=workflow)


def test_a_drop_is_registered_and_started(
    starter: StartSummary, store: InMemoryDocumentStore, workflow: InMemoryWorkflow
) -> None:
    assert starter.start(dropped()) == "started"
    assert store.get("acme", run_for().document_id) == received()
    assert workflow.runs == {run_for().execution: run_for()}


@pytest.mark.parametrize("key", ["inbox/nobody/a.txt", "inbox/a.txt", "inbox/local/a.txt"])
def test_an_unknown_tenant_belongs_to_the_default_tenant(
    starter: StartSummary, workflow: InMemoryWorkflow, key: str
) -> None:
    starter.start(dropped(key))
    assert [run.tenant for run in workflow.runs.values()] == ["local"]


@pytest.mark.parametrize("key", ["inbox/acme/", "mail/acme/a.txt"])
def test_what_is_no_document_is_ignored(starter: StartSummary, workflow: InMemoryWorkflow, key: str) -> None:
    assert starter.start(dropped(key)) == "ignored"
    assert not workflow.runs


def test_the_same_event_twice_runs_once(starter: StartSummary, workflow: InMemoryWorkflow) -> None:
    assert [starter.start(dropped()), starter.start(dropped())] == ["started", "started"]
    assert len(workflow.runs) == 1


def test_an_event_repeated_after_the_claim_starts_nothing(
    starter: StartSummary, store: InMemoryDocumentStore, workflow: InMemoryWorkflow
) -> None:
    starter.start(dropped())
    store.claim(run_for(), STEP)
    assert starter.start(dropped()) == "outdated_or_done"
    assert workflow.calls == 1


def test_an_older_version_that_arrives_late_is_ignored(
    starter: StartSummary, store: InMemoryDocumentStore, workflow: InMemoryWorkflow
) -> None:
    starter.start(dropped(version="new", sequencer="0A"))
    assert starter.start(dropped(version="old", sequencer="09")) == "outdated_or_done"
    standing = store.get("acme", dropped().document_id)
    assert standing is not None and standing.version_id == "new"
    assert len(workflow.runs) == 1


def test_a_newer_version_takes_over_and_gets_its_own_execution(
    starter: StartSummary, store: InMemoryDocumentStore, workflow: InMemoryWorkflow
) -> None:
    starter.start(dropped(version="v1", sequencer="01"))
    assert starter.start(dropped(version="v2", sequencer="02")) == "started"
    standing = store.get("acme", dropped().document_id)
    assert standing is not None and (standing.version_id, standing.state) == ("v2", DocumentState.RECEIVED)
    assert len(workflow.runs) == 2


def test_a_crash_between_register_and_start_is_healed_by_the_next_delivery(
    starter: StartSummary, workflow: InMemoryWorkflow
) -> None:
    def crash() -> None:
        raise CrashError

    workflow.before = crash
    with pytest.raises(CrashError):
        starter.start(dropped())
    workflow.before = lambda: None
    assert starter.start(dropped()) == "started"
    assert list(workflow.runs) == [run_for().execution]


class TestDeletion:
    def test_a_deleted_document_is_marked_and_keeps_its_summary(
        self, starter: StartSummary, store: InMemoryDocumentStore
    ) -> None:
        starter.start(dropped())
        store.claim(run_for(), STEP)
        store.complete(run_for(), COMPLETION, result=RESULT, steps=())
        assert [starter.delete(deleted()), starter.delete(deleted())] == ["deleted", "deleted"]
        standing = store.get("acme", dropped().document_id)
        assert standing is not None
        assert (standing.state, standing.completion, standing.result) == (DocumentState.DELETED, COMPLETION, RESULT)

    def test_a_deletion_that_comes_before_its_drop_wins(
        self, starter: StartSummary, store: InMemoryDocumentStore, workflow: InMemoryWorkflow
    ) -> None:
        assert starter.delete(deleted()) == "deleted"
        assert starter.start(dropped()) == "outdated_or_done"
        standing = store.get("acme", dropped().document_id)
        assert standing is not None and standing.state is DocumentState.DELETED
        assert not workflow.runs

    def test_a_newer_version_survives_an_older_deletion(
        self, starter: StartSummary, store: InMemoryDocumentStore
    ) -> None:
        starter.start(dropped(version="v2", sequencer="03"))
        assert starter.delete(deleted(sequencer="02")) == "outdated_or_done"
        standing = store.get("acme", dropped().document_id)
        assert standing is not None and standing.state is DocumentState.RECEIVED

    def test_a_version_that_is_dropped_after_the_deletion_starts(self, starter: StartSummary) -> None:
        starter.start(dropped())
        starter.delete(deleted())
        assert starter.start(dropped(version="v2", sequencer="03")) == "started"

    @pytest.mark.parametrize("key", ["inbox/acme/", "mail/acme/a.txt"])
    def test_what_is_no_document_is_ignored(
        self, starter: StartSummary, store: InMemoryDocumentStore, key: str
    ) -> None:
        assert starter.delete(deleted(key)) == "ignored"
        assert store.get("acme", deleted(key).version.document_id) is None

    def test_the_removal_of_a_version_that_nobody_knows_is_ignored(
        self, starter: StartSummary, store: InMemoryDocumentStore
    ) -> None:
        assert starter.delete(deleted(version="v1", permanent=True)) == "ignored"
        assert store.get("acme", dropped().document_id) is None

    def test_a_document_that_came_before_its_tenant_is_found_with_the_default_tenant(
        self, store: InMemoryDocumentStore, workflow: InMemoryWorkflow
    ) -> None:
        def starter(*tenants: str) -> StartSummary:
            known = InMemoryTenants(*tenants)
            register = DropRegister(documents=store, clients=known, default_tenant="local")
            return StartSummary(register=register, workflow=workflow)

        starter().start(dropped())
        assert starter("acme").delete(deleted()) == "deleted"
        standing = store.get("local", dropped().document_id)
        assert standing is not None and standing.state is DocumentState.DELETED
        assert store.get("acme", dropped().document_id) is None
