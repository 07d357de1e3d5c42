"""Bucket, records and Knowledge Base, compared and set right."""

from __future__ import annotations

from collections import Counter

import pytest

from lambdas.shared.domain.document import DocumentState
from lambdas.shared.domain.knowledge.knowledge_base import Standing, StoredDocument
from lambdas.shared.services.knowledge.sync_knowledge import Finding
from tests.unit.knowledge.house import BUCKET, KEY, House


@pytest.fixture
def house() -> House:
    return House()


def synced(house: House, **options: bool) -> Counter[Finding]:
    return Counter(house.sync.sync(BUCKET, **options))


def test_what_is_as_it_should_be_is_left_alone(house: House) -> None:
    house.tell(house.put())
    house.settle()
    calls = len(house.base.asked)
    assert synced(house) == {Finding.UNCHANGED: 1}
    assert (house.checks.reminders, len(house.base.asked)) == ([], calls)


def test_lost_drops_and_lost_changes_are_ingested(house: House) -> None:
    house.tell(house.put(version="v1"))
    house.settle()
    house.put(version="v2")
    for number in range(12):
        house.put(f"knowledge/globex/{number}.txt")
    assert synced(house) == {Finding.INGEST: 13}
    house.settle()
    assert (house.record().version_id, house.record().attempt) == ("v2", 2)
    assert house.record("knowledge/globex/11.txt", "globex").state is DocumentState.INDEXED
    assert synced(house) == {Finding.UNCHANGED: 13}


def test_a_lost_removal_is_made_good(house: House) -> None:
    house.tell(house.put())
    house.settle()
    house.remove()
    assert synced(house) == {Finding.DELETE: 1}
    house.settle()
    assert (house.record().state, house.base.documents) == (DocumentState.DELETED, {})
    assert synced(house) == {Finding.UNCHANGED: 1}


def test_a_new_knowledge_base_is_filled(house: House) -> None:
    house.tell(house.put())
    house.settle()
    house.base.documents.clear()
    house.base.content.clear()
    assert synced(house) == {Finding.INGEST: 1}
    house.settle()
    assert house.base.content.keys() == {house.record().document_id}


def test_documents_of_no_object_are_deleted(house: House) -> None:
    house.base.documents["doc_stray"] = StoredDocument("doc_stray", Standing.INDEXED)
    assert synced(house) == {Finding.ORPHAN: 1}
    house.base.finish()
    assert house.base.documents == {}


def test_failed_documents_are_tried_again_only_when_it_is_wanted(house: House) -> None:
    house.tell(house.put())
    house.base.broken[house.record().document_id] = Standing.FAILED
    house.settle()
    assert synced(house) == {Finding.FAILED: 1}
    house.base.broken.clear()
    assert synced(house, retry_failed=True) == {Finding.INGEST: 1}
    house.settle()
    assert (house.record().state, house.record().failure) == (DocumentState.INDEXED, None)


def test_what_is_under_way_is_looked_at_again(house: House) -> None:
    house.tell(house.put())
    house.checks.reminders.clear()  # lost
    assert synced(house) == {Finding.UNDER_WAY: 1}
    house.settle()
    assert house.record().state is DocumentState.INDEXED


def test_a_dry_run_changes_nothing(house: House) -> None:
    house.put()
    house.base.documents["doc_stray"] = StoredDocument("doc_stray", Standing.INDEXED)
    assert synced(house, dry=True) == {Finding.INGEST: 1, Finding.ORPHAN: 1}
    assert (house.checks.reminders, house.base.asked) == ([], [])


def test_a_drop_that_is_told_after_the_sync_is_not_ingested_twice_in_vain(house: House) -> None:
    drop = house.put()
    synced(house)
    house.settle()
    house.tell(drop)
    house.settle()
    assert house.record().state is DocumentState.INDEXED
    assert house.record().sequencer == drop.sequencer


def test_folder_markers_are_no_documents(house: House) -> None:
    house.put("knowledge/acme/")
    assert synced(house) == {}


def test_an_object_in_the_hands_of_an_event_is_left_to_it(house: House) -> None:
    """Between reading the record and taking it over, the drop itself is told."""
    drop = house.put(KEY)
    original = house.records.get

    def get(tenant: str, document_id: str):
        found = original(tenant, document_id)
        if found is None:
            house.records.get = original  # type: ignore[method-assign]
            house.tell(drop)
        return found

    house.records.get = get  # type: ignore[method-assign]
    synced(house)
    house.settle()
    assert (house.record().state, house.record().sequencer) == (DocumentState.INDEXED, drop.sequencer)
