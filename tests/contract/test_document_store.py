"""What every store of document records promises: held by the fake and by DynamoDB."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.domain.document import Document, DocumentState, Step
from lambdas.shared.domain.document_store import DocumentStore
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
    dropped,
    received,
    run_for,
)

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


def make_documents_table(client: object, name: str) -> None:
    names = ("pk", "sk", "received_at")
    client.create_table(  # type: ignore[attr-defined]
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-time",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "received_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
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


class TestPages:
    def test_pages_are_newest_first_and_whole(self, store: DocumentStore) -> None:
        keys = [f"inbox/acme/{number}.txt" for number in range(7)]
        for number, key in enumerate(keys):
            store.register(received(run_for(dropped(key)), minutes=number // 2))
        found, cursor = [], None
        while True:
            page = store.page("acme", state=None, limit=3, cursor=cursor)
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
        first = store.page("acme", state=DocumentState.RUNNING, limit=2, cursor=None)
        second = store.page("acme", state=DocumentState.RUNNING, limit=2, cursor=first.next_cursor)
        assert [document.key for document in (*first.documents, *second.documents)] == [
            f"inbox/acme/{number}.txt" for number in (2, 1, 0)
        ]
        assert second.next_cursor is None

    def test_tenants_do_not_see_each_other_not_even_with_a_foreign_cursor(self, store: DocumentStore) -> None:
        for tenant in ("acme", "globex"):
            for number in range(3):
                run = run_for(dropped(f"inbox/{tenant}/{number}.txt"), tenant=tenant)
                store.register(received(run, minutes=number))
        cursor = store.page("globex", state=None, limit=1, cursor=None).next_cursor
        page = store.page("acme", state=None, limit=10, cursor=cursor)
        assert all(document.tenant == "acme" for document in page.documents)

    def test_reusable_summaries_are_no_documents(self, store: DocumentStore) -> None:
        store.keep_reusable("acme", REUSE, SUMMARY)
        assert store.page("acme", state=None, limit=5, cursor=None).documents == ()

    @pytest.mark.parametrize(
        "cursor", ["", "nonsense!", "W10", "WzEsMl0", "eyJhIjoxfQ", "한국", LONG_CURSOR, LATE_CURSOR]
    )
    def test_a_cursor_that_was_never_given_out_is_refused(self, store: DocumentStore, cursor: str) -> None:
        with pytest.raises(InvalidInputError):
            store.page("acme", state=None, limit=5, cursor=cursor)


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
