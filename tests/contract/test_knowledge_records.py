"""`KnowledgeRecords`: the fake, and DynamoDB beside the records of the inbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_knowledge_records import DynamoDbKnowledgeRecords
from lambdas.shared.domain.document import Document, DocumentState, Step
from lambdas.shared.domain.document_store import DocumentFilter
from lambdas.shared.domain.errors import SupersededError
from lambdas.shared.domain.failure import Failure
from tests.contract.test_document_store import make_documents_table
from tests.fakes.documents import NOON, dropped, received, run_for
from tests.fakes.knowledge import InMemoryKnowledgeRecords

Records = InMemoryKnowledgeRecords | DynamoDbKnowledgeRecords
SUBMIT = Step("submit", NOON, NOON + timedelta(seconds=1))
INDEX = Step("index", NOON + timedelta(seconds=1), NOON + timedelta(seconds=9))
FAILURE = Failure("ingestion_failed", "The Knowledge Base could not index it: corrupt")


@pytest.fixture(params=["in-memory", "dynamodb"])
def records(request: pytest.FixtureRequest) -> Iterator[Records]:
    if request.param == "in-memory":
        yield InMemoryKnowledgeRecords()
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        make_documents_table(client, "documents")
        yield DynamoDbKnowledgeRecords(client, table="documents")


@pytest.fixture
def document(records: Records) -> Document:
    return records.register(received(run_for(dropped("knowledge/acme/a.txt", version="v1", sequencer="01"))))


def standing(records: Records, document: Document) -> Document:
    found = records.get(document.tenant, document.document_id)
    assert found is not None
    return found


def test_a_document_is_ingested_and_indexed_with_its_steps(records: Records, document: Document) -> None:
    records.enter(document, DocumentState.INGESTING, step=SUBMIT)
    records.enter(document, DocumentState.INDEXED, step=INDEX)
    assert standing(records, document) == replace(document, state=DocumentState.INDEXED, steps=(SUBMIT, INDEX))


def test_a_step_that_is_repeated_replaces_itself(records: Records, document: Document) -> None:
    records.enter(document, DocumentState.INGESTING, step=SUBMIT)
    again = replace(SUBMIT, ended_at=NOON + timedelta(minutes=1))
    records.enter(document, DocumentState.INGESTING, step=again)
    assert standing(records, document).steps == (again,)


@pytest.mark.parametrize("before", [None, DocumentState.INGESTING])
def test_a_failure_has_its_reason(records: Records, document: Document, before: DocumentState | None) -> None:
    if before:
        records.enter(document, before, step=SUBMIT)
    records.enter(document, DocumentState.FAILED, failure=FAILURE)
    found = standing(records, document)
    assert (found.state, found.failure) == (DocumentState.FAILED, FAILURE)


@pytest.mark.parametrize("state", [DocumentState.INDEXED, DocumentState.RUNNING])
def test_a_state_that_may_not_follow_is_refused(records: Records, document: Document, state: DocumentState) -> None:
    records.enter(document, DocumentState.FAILED, failure=FAILURE)
    with pytest.raises(SupersededError):
        records.enter(document, state)
    assert standing(records, document).state is DocumentState.FAILED


def test_a_record_in_other_hands_is_left_alone(records: Records, document: Document) -> None:
    newer = records.register(received(run_for(dropped("knowledge/acme/a.txt", version="v2", sequencer="02"))))
    with pytest.raises(SupersededError):
        records.enter(document, DocumentState.INGESTING, step=SUBMIT)
    assert standing(records, document) == newer


def test_taking_over_needs_the_execution_that_was_seen(records: Records, document: Document) -> None:
    records.enter(document, DocumentState.FAILED, failure=FAILURE)
    fresh = replace(document, execution="next", attempt=2, version_id="v9")
    assert records.take_over(fresh, after="another") is False
    assert records.take_over(fresh, after=None) is False
    assert records.take_over(fresh, after=document.execution) is True
    assert standing(records, document) == fresh, "nothing of the failure is left"


def test_taking_over_what_is_not_there(records: Records) -> None:
    fresh = received(run_for(dropped("knowledge/acme/new.txt", sequencer="0")))
    assert records.take_over(fresh, after="x") is False
    assert records.take_over(fresh, after=None) is True
    assert standing(records, fresh) == fresh


@pytest.mark.parametrize("state", [DocumentState.INGESTING, DocumentState.INDEXED, DocumentState.FAILED])
def test_each_state_can_be_listed(records: Records, document: Document, state: DocumentState) -> None:
    other = records.register(received(run_for(dropped("knowledge/acme/b.txt", sequencer="01"))))
    records.enter(document, DocumentState.INGESTING, step=SUBMIT)
    if state is not DocumentState.INGESTING:
        records.enter(document, state)
    for wanted, expected in ((state, document), (DocumentState.RECEIVED, other)):
        page = records.page("acme", DocumentFilter(wanted), limit=5, cursor=None)
        assert [each.key for each in page.documents] == [expected.key]
