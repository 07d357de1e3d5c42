"""What every store of document records promises: held by the fake and by DynamoDB."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters import dynamodb_document_pages
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.dynamodb_documents_by_state import DynamoDbDocumentsByState
from lambdas.shared.domain.document import DONE, Document, DocumentState, Step
from lambdas.shared.domain.document_store import DocumentFilter, DocumentsByState, DocumentStore
from lambdas.shared.domain.errors import InvalidInputError, SupersededError
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.failure import Failure
from tests.fakes.documents import (
    COMPLETION,
    NOON,
    RESULT,
    REUSE,
    STEP,
    SUMMARY,
    InMemoryDocumentStore,
    deleted,
    dropped,
    received,
    run_for,
)

# tests/contract/test_knowledge_records.py is about these
OF_KNOWLEDGE = (DocumentState.INGESTING, DocumentState.INDEXED)
OLD = run_for(dropped(version="v1", sequencer="0055AED6DCD90281E5"))
NEW = run_for(dropped(version="v2", sequencer="0055AED6DCD90281E51"))


def forged(*position: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


# On AWS keys of more than 1,024 bytes are an error, which moto does not make.
LONG_CURSOR = forged("2026-11-21T08:30:00.000Z", "doc_" + "0" * 2000)
LATE_CURSOR = forged("9" * 3000, "doc_000000000000000000000000")


@pytest.fixture(params=["in-memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[DocumentStore]:
    if request.param == "in-memory":
        yield InMemoryDocumentStore()
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        make_documents_table(client, "documents")
        yield DynamoDbDocumentStore(client, table="documents")


@pytest.fixture
def by_state(store: DocumentStore) -> DocumentsByState:
    if isinstance(store, InMemoryDocumentStore):
        return store
    return DynamoDbDocumentsByState(boto3.client("dynamodb", region_name="us-east-1"), table="documents")


def make_documents_table(client: object, name: str) -> None:
    names = ("pk", "sk", "tenant_state", "received_at")
    client.create_table(  # type: ignore[attr-defined]
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": "received_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, partition in (("by-time", "pk"), ("by-state", "tenant_state"))
        ],
    )


def standing(store: DocumentStore, run: SummaryRun = OLD) -> Document:
    document = store.get(run.tenant, run.document_id)
    assert document is not None
    return document


class TestRegister:
    def test_a_first_version_is_stored_as_it_is(self, store: DocumentStore) -> None:
        assert store.register(received(OLD)) == received(OLD)
        assert standing(store) == received(OLD)

    def test_a_newer_version_replaces_the_whole_record(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        assert store.register(received(NEW)) == received(NEW)
        assert standing(store) == received(NEW)

    def test_an_older_version_changes_nothing(self, store: DocumentStore) -> None:
        store.register(received(NEW))
        assert store.register(received(OLD)) == received(NEW)
        assert standing(store) == received(NEW)

    def test_a_repeated_event_changes_nothing(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        assert store.register(received(OLD, minutes=5)).state is DocumentState.RUNNING
        assert standing(store).received_at == NOON


class TestOwnership:
    def test_a_run_goes_from_received_to_summarized(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        assert standing(store).state is DocumentState.RUNNING
        later = replace(STEP, name="prepare", started_at=STEP.ended_at)
        store.record_step(OLD, later)
        last = Step("collect", later.ended_at, later.ended_at)
        for _ in range(2):  # a repeated step changes nothing
            store.complete(OLD, COMPLETION, result=RESULT, steps=(last,))
        document = standing(store)
        assert document.state is DocumentState.SUMMARIZED
        assert (document.completion, document.result) == (COMPLETION, RESULT)
        assert document.cost_usd == Decimal("0.000123")
        assert document.steps == (STEP, later, last)

    def test_an_unknown_cost_stays_unknown(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        store.complete(OLD, replace(COMPLETION, cost_usd=None), result=RESULT, steps=())
        assert standing(store).cost_usd is None

    def test_the_sections_of_a_long_document_are_kept(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        store.complete(OLD, replace(COMPLETION, sections=3), result=RESULT, steps=())
        assert standing(store).completion == replace(COMPLETION, sections=3)

    @pytest.mark.parametrize("operation", ["claim", "record_step", "complete", "fail"])
    def test_nothing_is_written_once_a_newer_version_is_registered(self, store: DocumentStore, operation: str) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        store.register(received(NEW))
        with pytest.raises(SupersededError):
            _do(store, operation)
        assert standing(store) == received(NEW)

    @pytest.mark.parametrize("operation", ["claim", "record_step", "complete", "fail"])
    def test_nothing_is_written_to_a_record_that_does_not_exist(self, store: DocumentStore, operation: str) -> None:
        with pytest.raises(SupersededError):
            _do(store, operation)
        assert store.get(OLD.tenant, OLD.document_id) is None

    def test_a_failure_keeps_its_reason(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        for _ in range(2):
            store.fail(OLD, Failure("no_text", "It needs OCR."), cost_usd=Decimal(0))
        document = standing(store)
        assert (document.state, document.failure) == (DocumentState.FAILED, Failure("no_text", "It needs OCR."))
        assert document.cost_usd == 0

    def test_a_deleted_document_is_deleted(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.fail(OLD, Failure("deleted", "It is gone."), cost_usd=None)
        assert standing(store).state is DocumentState.DELETED

    def test_a_summarized_document_cannot_fail(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        store.complete(OLD, COMPLETION, result=RESULT, steps=())
        with pytest.raises(SupersededError):
            store.fail(OLD, Failure("x", "y"), cost_usd=None)

    def test_a_failed_document_cannot_be_summarized(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.fail(OLD, Failure("x", "y"), cost_usd=None)
        with pytest.raises(SupersededError):
            store.complete(OLD, COMPLETION, result=RESULT, steps=())

    def test_a_document_that_has_ended_takes_no_more_steps(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.fail(OLD, Failure("x", "y"), cost_usd=None)
        with pytest.raises(SupersededError):
            store.record_step(OLD, STEP)


class TestDeletion:
    def test_a_marker_ends_the_document_and_keeps_what_it_became(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        store.complete(OLD, COMPLETION, result=RESULT, steps=())
        marker = deleted(sequencer="0055AED6DCD90281E6")
        for _ in range(2):
            document = store.mark_deleted(OLD.tenant, marker)
            assert document == standing(store)
            assert document is not None and document.state is DocumentState.DELETED
            assert (document.execution, document.version_id) == (marker.execution, OLD.version_id)
            assert (document.completion, document.result) == (COMPLETION, RESULT)

    @pytest.mark.parametrize("operation", ["claim", "record_step", "complete", "fail"])
    def test_a_run_of_a_deleted_document_writes_nothing_more(self, store: DocumentStore, operation: str) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        document = store.mark_deleted(OLD.tenant, deleted(sequencer="0055AED6DCD90281E6"))
        with pytest.raises(SupersededError):
            _do(store, operation)
        assert standing(store) == document

    def test_an_older_marker_changes_nothing(self, store: DocumentStore) -> None:
        store.register(received(NEW))
        assert store.mark_deleted(NEW.tenant, deleted(sequencer="0055AED6DCD90281E4")) == received(NEW)

    @pytest.mark.parametrize(("version", "expected"), [("v1", DocumentState.RECEIVED), ("v2", DocumentState.DELETED)])
    def test_only_the_removal_of_its_own_version_ends_a_document(
        self, store: DocumentStore, version: str, expected: DocumentState
    ) -> None:
        """Lifecycle rules remove versions long after newer ones took their place."""
        store.register(received(OLD))
        store.register(received(NEW))
        store.mark_deleted(NEW.tenant, deleted(version=version, sequencer="0055AED6DCD90281E6", permanent=True))
        assert standing(store).state is expected

    def test_a_version_that_is_newer_than_the_deletion_starts_anew(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.mark_deleted(OLD.tenant, deleted(sequencer="0055AED6DCD90281E50"))
        assert store.register(received(NEW)) == received(NEW)

    def test_a_version_between_a_removed_one_and_its_removal_starts_anew(self, store: DocumentStore) -> None:
        """It was there before the removal; only its event is late."""
        store.register(received(OLD))
        store.mark_deleted(OLD.tenant, deleted(version="v1", sequencer="0055AED6DCD90281E9", permanent=True))
        assert standing(store).state is DocumentState.DELETED
        assert store.register(received(OLD)).state is DocumentState.DELETED
        assert store.register(received(NEW)) == received(NEW)

    def test_a_document_that_nobody_knows_is_not_made(self, store: DocumentStore) -> None:
        assert store.mark_deleted("acme", deleted()) is None
        assert store.get("acme", OLD.document_id) is None


AGAIN = replace(OLD, attempt=2, execution=OLD.execution.removesuffix("-1") + "-2")


class TestNextAttempt:
    def test_a_failed_document_waits_for_its_next_attempt(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.claim(OLD, STEP)
        store.fail(OLD, Failure("model_throttled", "Later."), cost_usd=Decimal(0))
        expected = replace(received(OLD), attempt=2, execution=AGAIN.execution)
        assert store.start_again(AGAIN, after=OLD.execution) == expected
        assert standing(store) == expected
        store.claim(AGAIN, STEP)
        assert standing(store).attempt == 2
        with pytest.raises(SupersededError):
            store.claim(OLD, STEP)

    def test_only_the_first_of_two_makes_the_attempt(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.fail(OLD, Failure("x", "y"), cost_usd=None)
        first = store.start_again(AGAIN, after=OLD.execution)
        assert store.start_again(AGAIN, after=OLD.execution) == first

    def test_what_has_not_failed_stays_as_it_is(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        assert store.start_again(AGAIN, after=OLD.execution) == received(OLD)
        assert standing(store) == received(OLD)

    def test_a_newer_version_stays_as_it_is(self, store: DocumentStore) -> None:
        store.register(received(OLD))
        store.fail(OLD, Failure("x", "y"), cost_usd=None)
        store.register(received(NEW))
        assert store.start_again(AGAIN, after=OLD.execution) == received(NEW)

    def test_what_does_not_exist_is_not_made(self, store: DocumentStore) -> None:
        assert store.start_again(AGAIN, after=OLD.execution) is None
        assert store.get(OLD.tenant, OLD.document_id) is None


class TestByState:
    def test_they_are_found_for_one_tenant_and_for_all(self, store: DocumentStore, by_state: DocumentsByState) -> None:
        for tenant, minutes in (("acme", 0), ("acme", 5), ("globex", 9)):
            run = run_for(dropped(f"inbox/{tenant}/{minutes}.txt"), tenant=tenant)
            store.register(received(run, minutes=minutes))
            store.fail(run, Failure("x", "y"), cost_usd=None)
        store.register(received(run_for(dropped("inbox/acme/waits.txt"))))

        def found(tenant: str | None, minutes: int = 0) -> set[str]:
            since = NOON + timedelta(minutes=minutes)
            return {document.key for document in by_state.in_state(DocumentState.FAILED, tenant, since=since)}

        assert found("acme") == {"inbox/acme/0.txt", "inbox/acme/5.txt"}
        assert found(None) == {"inbox/acme/0.txt", "inbox/acme/5.txt", "inbox/globex/9.txt"}
        assert found(None, minutes=5) == {"inbox/acme/5.txt", "inbox/globex/9.txt"}
        assert found("acme", minutes=6) == set()
        assert len(list(by_state.in_state(DocumentState.FAILED, None, since=None))) == 3


class TestPages:
    def test_pages_are_newest_first_and_whole(self, store: DocumentStore) -> None:
        keys = [f"inbox/acme/{number}.txt" for number in range(7)]
        for number, key in enumerate(keys):
            store.register(received(run_for(dropped(key)), minutes=number // 2))
        found, cursor = [], None
        while True:
            page = store.page("acme", DocumentFilter(), limit=3, cursor=cursor)
            found += [document.key for document in page.documents]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert sorted(found) == keys
        assert found[0] == keys[6] and set(found[1:3]) == set(keys[4:6])

    def test_a_state_is_filtered_before_the_page_is_cut(self, store: DocumentStore) -> None:
        runs = [run_for(dropped(f"inbox/acme/{number}.txt")) for number in range(6)]
        for number, run in enumerate(runs):
            store.register(received(run, minutes=number))
        for run in runs[:3]:
            store.claim(run, STEP)
        first = store.page("acme", DocumentFilter(state=DocumentState.RUNNING), limit=2, cursor=None)
        second = store.page("acme", DocumentFilter(state=DocumentState.RUNNING), limit=2, cursor=first.next_cursor)
        assert [document.key for document in (*first.documents, *second.documents)] == [
            f"inbox/acme/{number}.txt" for number in (2, 1, 0)
        ]
        assert second.next_cursor is None

    def test_names_are_chosen_by_their_beginning(self, store: DocumentStore) -> None:
        for key in ("inbox/acme/한국/1.txt", "inbox/acme/한국/2.txt", "inbox/acme/other.txt"):
            store.register(received(run_for(dropped(key))))
        wanted = DocumentFilter(key_prefix="inbox/acme/한국/")
        found = store.page("acme", wanted, limit=5, cursor=None).documents
        assert {document.key for document in found} == {"inbox/acme/한국/1.txt", "inbox/acme/한국/2.txt"}

    @pytest.mark.parametrize("state", [None, DocumentState.RECEIVED, DocumentState.SUMMARIZED])
    def test_times_go_from_since_to_just_before_until(self, store: DocumentStore, state: DocumentState | None) -> None:
        for number in range(6):
            run = run_for(dropped(f"inbox/acme/{number}.txt"))
            store.register(received(run, minutes=number))
            if state is DocumentState.SUMMARIZED:
                store.claim(run, STEP)
                store.complete(run, COMPLETION, result=RESULT, steps=())
        wanted = DocumentFilter(state, since=NOON + timedelta(minutes=1), until=NOON + timedelta(minutes=4))
        first = store.page("acme", wanted, limit=2, cursor=None)
        second = store.page("acme", wanted, limit=2, cursor=first.next_cursor)
        keys = [document.key for document in (*first.documents, *second.documents)]
        assert keys == [f"inbox/acme/{number}.txt" for number in (3, 2, 1)]
        assert second.next_cursor is None

    def test_each_state_is_found_and_no_other(self, store: DocumentStore) -> None:
        states = [state for state in DocumentState if state not in OF_KNOWLEDGE]
        runs = {state: run_for(dropped(f"inbox/acme/{state}.txt")) for state in states}
        for run in runs.values():
            store.register(received(run))
        store.claim(runs[DocumentState.RUNNING], STEP)
        store.claim(runs[DocumentState.SUMMARIZED], STEP)
        store.complete(runs[DocumentState.SUMMARIZED], COMPLETION, result=RESULT, steps=())
        store.fail(runs[DocumentState.FAILED], Failure("x", "y"), cost_usd=None)
        store.mark_deleted("acme", deleted(f"inbox/acme/{DocumentState.DELETED}.txt"))
        for state, run in runs.items():
            page = store.page("acme", DocumentFilter(state), limit=5, cursor=None)
            assert [document.key for document in page.documents] == [run.key]

    def test_tenants_do_not_see_each_other_not_even_with_a_foreign_cursor(self, store: DocumentStore) -> None:
        for tenant in ("acme", "globex"):
            for number in range(3):
                run = run_for(dropped(f"inbox/{tenant}/{number}.txt"), tenant=tenant)
                store.register(received(run, minutes=number))
        cursor = store.page("globex", DocumentFilter(), limit=1, cursor=None).next_cursor
        page = store.page("acme", DocumentFilter(), limit=10, cursor=cursor)
        assert all(document.tenant == "acme" for document in page.documents)

    def test_reusable_summaries_are_no_documents(self, store: DocumentStore) -> None:
        store.keep_reusable("acme", REUSE, SUMMARY)
        assert store.page("acme", DocumentFilter(), limit=5, cursor=None).documents == ()

    @pytest.mark.parametrize(
        "cursor", ["", "nonsense!", "W10", "WzEsMl0", "eyJhIjoxfQ", "한국", LONG_CURSOR, LATE_CURSOR]
    )
    def test_a_cursor_that_was_never_given_out_is_refused(self, store: DocumentStore, cursor: str) -> None:
        with pytest.raises(InvalidInputError):
            store.page("acme", DocumentFilter(), limit=5, cursor=cursor)


class TestReuse:
    def test_a_summary_is_found_by_content_prompt_and_model(self, store: DocumentStore) -> None:
        store.keep_reusable("acme", REUSE, SUMMARY)
        assert store.find_reusable("acme", REUSE) == SUMMARY
        for other in (
            replace(REUSE, content_hash="0"),
            replace(REUSE, prompt_version="summarize_document.v2"),
            replace(REUSE, model="other"),
        ):
            assert store.find_reusable("acme", other) is None

    def test_another_tenant_finds_nothing(self, store: DocumentStore) -> None:
        store.keep_reusable("acme", REUSE, SUMMARY)
        assert store.find_reusable("globex", REUSE) is None


def _do(store: DocumentStore, operation: str) -> None:
    match operation:
        case "claim":
            store.claim(OLD, STEP)
        case "record_step":
            store.record_step(OLD, STEP)
        case "complete":
            store.complete(OLD, COMPLETION, result=RESULT, steps=(STEP,))
        case _:
            store.fail(OLD, Failure("x", "y"), cost_usd=None)


class TestDynamoDbPages:
    """What only the adapter knows of: which index it asks, and when it stops reading."""

    @pytest.fixture
    def asked(self) -> Iterator[tuple[DynamoDbDocumentStore, list[dict[str, Any]]]]:
        with mock_aws():
            client = boto3.client("dynamodb", region_name="us-east-1")
            make_documents_table(client, "documents")
            asked: list[dict[str, Any]] = []
            client.meta.events.register(
                "provide-client-params.dynamodb.Query", lambda params, **_: asked.append(params)
            )
            yield DynamoDbDocumentStore(client, table="documents"), asked

    @pytest.mark.parametrize("state", [None, *DocumentState])
    def test_a_rare_state_is_read_from_its_own_index(
        self, asked: tuple[DynamoDbDocumentStore, list[dict[str, Any]]], state: DocumentState | None
    ) -> None:
        store, queries = asked
        store.page("acme", DocumentFilter(state), limit=5, cursor=None)
        (query,) = queries
        everywhere = state is None or state in DONE
        assert query["IndexName"] == ("by-time" if everywhere else "by-state")
        assert ("FilterExpression" in query) is (state in DONE)

    def test_a_page_of_rare_names_ends_short_and_the_next_one_goes_on(
        self, asked: tuple[DynamoDbDocumentStore, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dynamodb_document_pages, "_FILTERED_QUERY", 1)
        store, queries = asked
        names = ["rare", *(f"usual-{number}" for number in range(12))]
        for number, name in enumerate(names):
            store.register(received(run_for(dropped(f"inbox/acme/{name}.txt")), minutes=number))
        wanted = DocumentFilter(key_prefix="inbox/acme/rare")
        first = store.page("acme", wanted, limit=2, cursor=None)
        assert (first.documents, len(queries)) == ((), 10)
        second = store.page("acme", wanted, limit=2, cursor=first.next_cursor)
        assert [document.key for document in second.documents] == ["inbox/acme/rare.txt"]
        assert second.next_cursor is None

    def test_a_cursor_from_outside_the_times_is_refused_before_dynamodb_would(
        self, asked: tuple[DynamoDbDocumentStore, list[dict[str, Any]]]
    ) -> None:
        """DynamoDB answers it with a ValidationException, which moto does not."""
        store, queries = asked
        for number in range(3):
            store.register(received(run_for(dropped(f"inbox/acme/{number}.txt")), minutes=number))
        cursor = store.page("acme", DocumentFilter(), limit=1, cursor=None).next_cursor
        with pytest.raises(InvalidInputError, match="/cursor"):
            store.page("acme", DocumentFilter(until=NOON), limit=1, cursor=cursor)
        assert len(queries) == 1
