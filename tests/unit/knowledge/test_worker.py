"""Drops, replacements, removals and troubles, from the event to the end."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.document import DocumentState
from lambdas.shared.domain.dropped_object import DroppedObject
from lambdas.shared.domain.errors import (
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
    ModelUnavailableError,
)
from lambdas.shared.domain.knowledge.knowledge_base import Standing
from tests.unit.knowledge.house import KEY, House


@pytest.fixture
def house() -> House:
    return House()


def raising(error: Exception, *operations: str, times: int = 10**9):
    left = [times]

    def before(operation: str) -> None:
        if operation in operations and left[0] > 0:
            left[0] -= 1
            raise error

    return before


def test_a_drop_is_ingested_with_its_metadata_and_found_indexed(house: House) -> None:
    outcome = house.tell(house.put(metadata={"year": "2024", "draft": "true", "ratio": "0.5", "owner": "Zoë"}))
    assert (outcome.failed, outcome.tended, outcome.again) == ([], 1, 1)
    assert house.record().state is DocumentState.INGESTING
    house.settle()
    record = house.record()
    assert record.state is DocumentState.INDEXED
    assert [step.name for step in record.steps] == ["submit", "index"]
    content = house.base.content[record.document_id]
    assert content.uri == f"s3://documents/{KEY}"
    assert content.metadata == {
        "tenant": "acme", "document_id": record.document_id, "key": KEY, "name": "handbook.txt", "format": "txt",
        "version": "v1", "year": 2024, "draft": True, "ratio": 0.5, "owner": "Zoë",
    }  # fmt: skip


def test_ten_drops_are_one_call_and_eleven_are_two(house: House) -> None:
    events = [house.put(f"knowledge/acme/{number}.txt") for number in range(11)]
    house.tell(*events)
    assert house.asked("ingest") == 2
    assert [len(refs) for refs, _ in house.checks.reminders] == [10, 1]


def test_reminders_count_their_rounds(house: House) -> None:
    house.tell(house.put())
    rounds = []
    for _ in range(3):
        rounds.append(house.checks.reminders[0][1])
        house.remind()
    assert rounds == [0, 1, 2]


def test_other_folders_and_folder_markers_are_none_of_its_business(house: House) -> None:
    outcome = house.tell(house.put("inbox/acme/a.txt"), house.put("knowledge/acme/folder/"))
    assert (outcome.failed, outcome.tended, house.base.asked) == ([], 0, [])


def test_an_unknown_tenant_s_document_belongs_to_the_default_tenant(house: House) -> None:
    house.tell(house.put("knowledge/nobody/a.txt"), house.put("knowledge/b.txt"))
    for key in ("knowledge/nobody/a.txt", "knowledge/b.txt"):
        record = house.record(key, tenant="local")
        assert house.base._waiting[record.document_id].metadata["tenant"] == "local"


class TestVersions:
    def test_a_replacement_waits_until_the_first_version_is_in(self, house: House) -> None:
        house.tell(house.put(version="v1"))
        house.tell(house.put(version="v2"))
        assert house.asked("ingest") == 1
        house.settle()
        assert house.asked("ingest") == 2
        assert house.base.content[house.record().document_id].metadata["version"] == "v2"
        assert (house.record().state, house.record().version_id) == (DocumentState.INDEXED, "v2")

    def test_a_late_event_of_an_old_version_changes_nothing(self, house: House) -> None:
        old, new = house.put(version="v1"), house.put(version="v2")
        house.tell(new)
        house.settle()
        house.tell(old)
        house.settle()
        assert (house.record().version_id, house.asked("ingest")) == ("v2", 1)

    def test_an_event_twice_is_ingested_once(self, house: House) -> None:
        event = house.put()
        house.tell(event, event)
        house.settle()
        house.tell(event)
        house.settle()
        assert house.asked("ingest") == 1

    def test_what_is_still_told_of_the_version_before_is_not_taken_for_the_new_one(self, house: House) -> None:
        house.tell(house.put(version="v1"))
        house.settle()
        before = dict(house.base.documents)
        house.clock.forward(hours=1)
        house.tell(house.put(version="v2"))
        house.base.documents = before  # the service's answers lag behind
        house.remind()
        assert house.record().state is DocumentState.INGESTING
        house.clock.forward(minutes=3)
        house.remind()
        assert house.record().state is DocumentState.INDEXED, "whoever never tells a newer time is believed in the end"


class TestRemovals:
    def test_a_removal_takes_the_passages_away(self, house: House) -> None:
        house.tell(house.put())
        house.settle()
        house.tell(house.remove())
        house.settle()
        assert house.record().state is DocumentState.DELETED
        assert house.base.documents == {}

    def test_a_removal_while_it_is_ingested_waits_and_then_takes_it_away(self, house: House) -> None:
        house.tell(house.put())
        house.tell(house.remove())
        assert house.asked("delete") == 0
        house.settle()
        assert (house.record().state, house.base.documents) == (DocumentState.DELETED, {})

    def test_a_removal_between_look_and_call_leaves_no_passage_behind(self, house: House) -> None:
        drop = house.put()

        def before(operation: str) -> None:
            if operation == "ingest":
                house.base.before = lambda _: None
                removal = house.remove()
                assert house.records.mark_deleted("acme", removal) is not None

        house.base.before = before
        house.tell(drop)
        house.settle()
        assert (house.record().state, house.base.documents) == (DocumentState.DELETED, {})

    def test_dropped_again_after_a_removal(self, house: House) -> None:
        house.tell(house.put(version="v1"))
        house.settle()
        house.tell(house.remove(), house.put(version="v2"))
        house.settle()
        assert (house.record().state, house.record().version_id) == (DocumentState.INDEXED, "v2")

    def test_a_removal_told_before_its_drop(self, house: House) -> None:
        drop, removal = house.put(), house.remove()
        house.tell(removal)
        house.tell(drop)
        house.settle()
        assert (house.record().state, house.asked("ingest")) == (DocumentState.DELETED, 0)

    def test_an_object_that_is_gone_before_it_is_read_is_no_failure(self, house: House) -> None:
        drop = house.put()
        house.remove()
        house.tell(drop)
        house.settle()
        record = house.record()
        assert (record.state, house.asked("ingest")) == (DocumentState.DELETED, 0)


class TestTroubles:
    @pytest.mark.parametrize("standing", [Standing.FAILED, Standing.PARTLY_INDEXED])
    def test_a_corrupt_document_fails_with_its_reason_and_loses_its_old_passages(
        self, house: House, standing: Standing
    ) -> None:
        house.tell(house.put(version="v1"))
        house.settle()
        house.tell(house.put(version="v2"))
        house.base.broken[house.record().document_id] = standing
        house.settle()
        record = house.record()
        assert record.state is DocumentState.FAILED and record.failure is not None
        assert "the file is corrupt" in record.failure.detail
        assert house.base.documents == {}

    @pytest.mark.parametrize(
        ("metadata", "code"),
        [
            ({"tenant": "globex"}, "invalid_metadata"),
            ({"Tenant": "globex"}, "invalid_metadata"),
            ({"x-amz-bedrock-kb-source-uri": "s3://b/k"}, "invalid_metadata"),
            ({"version": "9"}, "invalid_metadata"),
            ({"note": "x" * 1000}, "metadata_too_large"),
        ],
    )
    def test_metadata_that_cannot_be_kept_fails_the_document(
        self, house: House, metadata: dict[str, str], code: str
    ) -> None:
        house.tell(house.put(metadata=metadata), house.put("knowledge/globex/fine.txt"))
        house.settle()
        record = house.record()
        assert record.state is DocumentState.FAILED and record.failure is not None
        assert (record.failure.code, house.base.content.keys()) == (
            code,
            {house.record("knowledge/globex/fine.txt", "globex").document_id},
        )

    def test_a_refused_document_does_not_hold_up_the_others(self, house: House) -> None:
        good, bad = house.put("knowledge/acme/good.txt"), house.put("knowledge/acme/bad.txt")
        bad_id = bad.document_id
        original = house.base.ingest

        def ingest(documents):
            if any(each.document_id == bad_id for each in documents):
                raise ModelRefusedRequestError("The Knowledge Base refused the request")
            return original(documents)

        house.base.ingest = ingest  # type: ignore[method-assign]
        house.tell(good, bad)
        house.settle()
        assert house.record("knowledge/acme/good.txt").state is DocumentState.INDEXED
        failed = house.record("knowledge/acme/bad.txt")
        assert failed.state is DocumentState.FAILED and failed.failure is not None
        assert failed.failure.code == "refused_by_knowledge_base"

    @pytest.mark.parametrize("error", [ModelThrottledError("slow down"), ModelUnavailableError("a conflict")])
    @pytest.mark.parametrize("operation", ["look", "ingest", "delete"])
    def test_throttled_for_long_it_goes_on_by_reminders_and_no_message_fails(
        self, house: House, error: Exception, operation: str
    ) -> None:
        house.tell(house.put("knowledge/acme/old.txt"))
        house.settle()
        house.base.before = raising(error, operation, times=15)
        assert house.tell(house.put(), house.remove("knowledge/acme/old.txt")).failed == []
        house.settle()
        assert house.record().state is DocumentState.INDEXED
        assert set(house.base.documents) == {house.record().document_id}

    def test_a_deployment_that_may_not_ingest_keeps_its_messages(self, house: House) -> None:
        house.base.before = raising(ModelNotEnabledError("access denied"), "look")
        outcome = house.tell(house.put(), house.put("knowledge/acme/b.txt"))
        assert outcome.failed == ["m0", "m1"]
        assert [type(each) for each in outcome.defects] == [ModelNotEnabledError]

    def test_a_reminder_that_cannot_be_sent_brings_the_message_back(self, house: House) -> None:
        house.checks.failing = ConnectionError()
        drop = house.put()
        assert house.tell(drop).failed == ["m0"]
        house.checks.failing = None
        house.tell(drop)
        house.settle()
        assert house.record().state is DocumentState.INDEXED

    def test_one_message_s_trouble_does_not_hold_up_the_others(self, house: House) -> None:
        def before(operation: str) -> None:
            if operation == "register":
                house.records.before = lambda _: None
                raise ConnectionError

        house.records.before = before
        outcome = house.tell(house.put("knowledge/acme/a.txt"), house.put("knowledge/acme/b.txt"))
        assert (outcome.failed, outcome.tended) == (["m0"], 1)

    def test_an_ingestion_that_never_ends_fails_after_a_day(self, house: House) -> None:
        house.tell(house.put())
        house.clock.forward(hours=25)
        house.remind()
        record = house.record()
        assert record.state is DocumentState.FAILED and record.failure is not None
        assert record.failure.code == "ingestion_timed_out"

    def test_a_crash_after_the_call_ends_well(self, house: House) -> None:
        house.records.before = raising(ConnectionError(), "enter", times=1)
        drop = house.put()
        assert house.tell(drop).failed == ["m0"]
        assert house.record().state is DocumentState.RECEIVED
        house.tell(drop)
        house.settle()
        assert house.record().state is DocumentState.INDEXED


def test_long_keys_and_names_are_left_out_of_the_metadata(house: House) -> None:
    key = f"knowledge/acme/{'ü' * 300}.pdf"
    house.tell(house.put(key))
    house.settle()
    record = house.record(key)
    assert house.base.content[record.document_id].metadata == {
        "tenant": "acme", "document_id": record.document_id, "version": "v1", "format": "pdf",
    }  # fmt: skip


def test_a_reminder_of_a_record_that_is_not_there_ends(house: House) -> None:
    ref = (("acme", DroppedObject("b", "k", "v", "0", 0).document_id),)
    house.checks.reminders.append((ref, 0))  # type: ignore[arg-type]
    assert house.remind().failed == []
    assert house.checks.reminders == []
