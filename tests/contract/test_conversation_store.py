"""Every conversation store behaves alike: the fake and the one on DynamoDB."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_conversation_store import DynamoDbConversationStore
from lambdas.shared.adapters.dynamodb_memory_store import DynamoDbMemoryStore
from lambdas.shared.adapters.s3_message_texts import S3MessageTexts
from lambdas.shared.domain.conversation import ConversationStore, Lease, Message, new_conversation_id
from lambdas.shared.domain.errors import ConversationBusyError, NotFoundError
from lambdas.shared.domain.memory import Memory, MemoryStore
from tests.fakes.conversations import InMemoryConversationStore

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
OWNER = "acme#shop#ann"


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[ConversationStore]:
    if request.param == "memory":
        yield InMemoryConversationStore()
        return
    with mock_aws():
        yield on_aws(make_table())


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        yield make_table()


def on_aws(client: Any, sleep: Callable[[float], None] = lambda seconds: None) -> DynamoDbConversationStore:
    texts = S3MessageTexts(lambda: boto3.client("s3", region_name="us-east-1"), bucket="results")
    return DynamoDbConversationStore(client, table="conversations", texts=texts, sleep=sleep)


def make_table() -> Any:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="results")
    s3.put_bucket_versioning(Bucket="results", VersioningConfiguration={"Status": "Enabled"})
    client = boto3.client("dynamodb", region_name="us-east-1")
    client.create_table(
        TableName="conversations",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def lease(conversation_id: str, *, token: str = "one", at: datetime = NOW, owner: str = OWNER) -> Lease:
    return Lease(owner, conversation_id, token, taken_at=at, expires_at=at + timedelta(seconds=310))


def conversation_id(second: int = 0) -> str:
    return new_conversation_id(NOW + timedelta(seconds=second))


def turn(number: int, text: str = "text", **fields: Any) -> tuple[Message, Message]:
    return (
        Message(number, "user", f"question {text}", NOW),
        Message(number + 1, "assistant", f"answer {text}", NOW + timedelta(seconds=2), model="acme.small", **fields),
    )


def begun(store: ConversationStore, *, second: int = 0, turns: int = 1, owner: str = OWNER) -> str:
    """A conversation with `turns` turns and no lease."""
    new_id = conversation_id(second)
    store.create(lease(new_id, owner=owner), f"Title {second}")
    for number in range(turns):
        if number:
            store.take(lease(new_id, owner=owner))
        store.commit(lease(new_id, owner=owner), turn(2 * number, str(number)), keep_until=LATER)
    return new_id


class TestTurns:
    def test_a_committed_turn_is_remembered(self, store: ConversationStore) -> None:
        new_id = conversation_id()
        created = store.create(lease(new_id), "Title")
        assert (created.title, created.message_count, created.created_at) == ("Title", 0, NOW)
        messages = turn(0, interrupted=True)
        store.commit(lease(new_id), messages, keep_until=LATER)
        header = store.get(OWNER, new_id)
        assert (header.message_count, header.updated_at) == (2, NOW + timedelta(seconds=2))
        assert store.messages(OWNER, new_id, limit=10).items == messages

    def test_a_second_lease_is_refused_while_the_first_one_runs(self, store: ConversationStore) -> None:
        new_id = begun(store)
        store.take(lease(new_id, token="one"))
        with pytest.raises(ConversationBusyError) as refused:
            store.take(lease(new_id, token="two", at=NOW + timedelta(seconds=309)))
        assert refused.value.retry_after_seconds > 0

    def test_a_new_conversation_is_leased_already(self, store: ConversationStore) -> None:
        new_id = conversation_id()
        store.create(lease(new_id), "Title")
        with pytest.raises(ConversationBusyError):
            store.take(lease(new_id, token="two"))

    def test_an_expired_lease_is_taken_over_and_the_old_holder_stores_nothing(self, store: ConversationStore) -> None:
        new_id = begun(store)
        slow, quick = lease(new_id, token="slow"), lease(new_id, token="quick", at=NOW + timedelta(seconds=311))
        store.take(slow)
        assert store.take(quick, keep_until=LATER).message_count == 2
        with pytest.raises(ConversationBusyError):
            store.commit(slow, turn(2, "slow"), keep_until=LATER)
        store.commit(quick, turn(2, "quick"), keep_until=LATER)
        with pytest.raises(ConversationBusyError):
            store.commit(slow, turn(2, "slow"), keep_until=LATER)
        texts = [message.text for message in store.messages(OWNER, new_id, limit=10).items]
        assert texts == ["question 0", "answer 0", "question quick", "answer quick"]

    def test_a_commit_releases_the_lease(self, store: ConversationStore) -> None:
        new_id = begun(store)
        assert store.take(lease(new_id, token="two")).message_count == 2

    def test_a_released_lease_is_free_again(self, store: ConversationStore) -> None:
        new_id = begun(store)
        store.take(lease(new_id, token="one"))
        store.release(lease(new_id, token="one"))
        store.take(lease(new_id, token="two"))

    def test_releasing_a_lost_lease_takes_nothing_from_its_new_holder(self, store: ConversationStore) -> None:
        new_id = begun(store)
        store.take(lease(new_id, token="new"))
        store.release(lease(new_id, token="old"))
        with pytest.raises(ConversationBusyError):
            store.take(lease(new_id, token="third"))

    def test_releasing_an_empty_conversation_removes_it(self, store: ConversationStore) -> None:
        new_id = conversation_id()
        store.create(lease(new_id), "Title")
        store.release(lease(new_id))
        with pytest.raises(NotFoundError):
            store.get(OWNER, new_id)
        store.release(lease(new_id))

    def test_messages_come_newest_first(self, store: ConversationStore) -> None:
        new_id = begun(store, turns=15)
        numbers = [message.number for message in store.newest_messages(OWNER, new_id)]
        assert numbers == list(range(29, -1, -1))

    def test_long_texts_survive(self, store: ConversationStore) -> None:
        new_id = conversation_id()
        store.create(lease(new_id), "Title")
        long = (Message(0, "user", "한" * 80_000, NOW), Message(1, "assistant", "wörd " * 100_000, NOW))
        store.commit(lease(new_id), long, keep_until=LATER)
        assert tuple(store.newest_messages(OWNER, new_id)) == long[::-1]

    def test_a_message_is_fetched_whole_from_either_side_of_the_limit(self, store: ConversationStore) -> None:
        new_id = conversation_id()
        store.create(lease(new_id), "Title")
        sizes = (64 * 1024, 64 * 1024 + 1)
        messages = tuple(
            Message(number, "user", "é" * (size // 2) + "x" * (size % 2), NOW) for number, size in enumerate(sizes)
        )
        store.commit(lease(new_id), messages, keep_until=LATER)
        assert store.messages(OWNER, new_id, limit=10).items == messages
        assert tuple(store.newest_messages(OWNER, new_id)) == messages[::-1]

    def test_what_no_window_can_hold_ends_the_newest_messages(self, store: ConversationStore) -> None:
        new_id = begun(store)
        store.take(lease(new_id))
        store.commit(lease(new_id), long_turn(2), keep_until=LATER)
        store.take(lease(new_id))
        store.commit(lease(new_id), turn(4), keep_until=LATER)
        found = [message.number for message in store.newest_messages(OWNER, new_id, most_bytes=24_000)]
        assert found == [5, 4, 3]
        assert len(list(store.newest_messages(OWNER, new_id, most_bytes=100_000))) == 6


class TestMemory:
    def test_a_conversation_begins_without_any(self, store: ConversationStore) -> None:
        new_id = begun(store)
        assert store.get(OWNER, new_id).memory == store.take(lease(new_id)).memory == Memory()

    def test_is_claimed_kept_and_told_with_the_header(self, store: ConversationStore) -> None:
        new_id, memories = begun(store), memories_of(store)
        assert memories.claim(OWNER, new_id, Memory(), message_count=2)
        assert store.get(OWNER, new_id).memory == Memory(asked_at=2)
        assert memories.keep(OWNER, new_id, Memory("Ada.", 1, 2))
        assert store.take(lease(new_id)).memory == Memory("Ada.", 1, 2)
        store.commit(lease(new_id), turn(2), keep_until=LATER)
        assert store.get(OWNER, new_id).memory == Memory("Ada.", 1, 2)

    def test_only_one_of_two_may_begin(self, store: ConversationStore) -> None:
        new_id, memories = begun(store), memories_of(store)
        assert memories.claim(OWNER, new_id, Memory(), message_count=2)
        assert not memories.claim(OWNER, new_id, Memory(), message_count=4)
        assert memories.claim(OWNER, new_id, Memory(asked_at=2), message_count=6)
        assert not memories.claim(OWNER, new_id, Memory(asked_at=2), message_count=8)

    def test_the_late_one_keeps_nothing(self, store: ConversationStore) -> None:
        new_id, memories = begun(store), memories_of(store)
        memories.claim(OWNER, new_id, Memory(), message_count=2)
        memories.claim(OWNER, new_id, Memory(asked_at=2), message_count=6)
        assert memories.keep(OWNER, new_id, Memory("New.", 5, 6))
        assert not memories.keep(OWNER, new_id, Memory("Old.", 1, 2))
        assert store.get(OWNER, new_id).memory == Memory("New.", 5, 6)

    def test_needs_no_lease_and_takes_none(self, store: ConversationStore) -> None:
        new_id, memories = begun(store), memories_of(store)
        store.take(lease(new_id))
        assert memories.claim(OWNER, new_id, Memory(), message_count=2)
        assert memories.keep(OWNER, new_id, Memory("Ada.", 1, 2))
        store.commit(lease(new_id), turn(2), keep_until=LATER)

    def test_never_brings_a_deleted_conversation_back_and_is_nobody_elses(self, store: ConversationStore) -> None:
        new_id, memories = begun(store), memories_of(store)
        assert not memories.claim("rival#shop#ann", new_id, Memory(), message_count=2)
        assert memories.claim(OWNER, new_id, Memory(), message_count=2)
        store.take(lease(new_id))
        store.erase(lease(new_id))
        assert not memories.keep(OWNER, new_id, Memory("Ada.", 1, 2))
        with pytest.raises(NotFoundError):
            store.get(OWNER, new_id)


class TestOwnership:
    @pytest.mark.parametrize("stranger", ["rival#shop#ann", "acme#other#ann", "acme#shop#bob"])
    def test_others_find_nothing_under_the_same_id(self, store: ConversationStore, stranger: str) -> None:
        new_id = begun(store)
        for attempt in (
            lambda: store.get(stranger, new_id),
            lambda: store.take(lease(new_id, owner=stranger)),
            lambda: store.rename(stranger, new_id, "Mine"),
        ):
            with pytest.raises(NotFoundError):
                attempt()
        assert store.conversations(stranger, limit=10).items == ()
        assert store.messages(stranger, new_id, limit=10).items == ()
        assert list(store.newest_messages(stranger, new_id)) == []

    def test_the_same_id_under_two_owners_is_two_conversations(self, store: ConversationStore) -> None:
        shared = conversation_id()
        for owner in (OWNER, "rival#shop#ann"):
            store.create(lease(shared, owner=owner), owner)
            store.commit(lease(shared, owner=owner), turn(0, owner), keep_until=LATER)
        store.take(lease(shared))
        store.erase(lease(shared))
        assert store.get("rival#shop#ann", shared).title == "rival#shop#ann"
        assert store.messages("rival#shop#ann", shared, limit=1).items[0].text == "question rival#shop#ann"


class TestLists:
    def test_conversations_are_listed_newest_first_in_pages(self, store: ConversationStore) -> None:
        ids = [begun(store, second=second) for second in range(5)]
        begun(store, owner="acme#shop#bob")
        first = store.conversations(OWNER, limit=2)
        assert [item.conversation_id for item in first.items] == [ids[4], ids[3]]
        second = store.conversations(OWNER, limit=2, after=first.after)
        assert [item.conversation_id for item in second.items] == [ids[2], ids[1]]
        third = store.conversations(OWNER, limit=2, after=second.after)
        assert ([item.conversation_id for item in third.items], third.after) == ([ids[0]], None)

    def test_a_full_last_page_promises_no_further_one(self, store: ConversationStore) -> None:
        ids = [begun(store, second=second) for second in range(2)]
        page = store.conversations(OWNER, limit=2)
        assert (len(page.items), page.after) == (len(ids), None)
        assert store.conversations("nobody#x#y", limit=2) == page.__class__((), None)

    def test_a_conversation_without_messages_is_not_listed(self, store: ConversationStore) -> None:
        kept = begun(store, second=0)
        for second in range(1, 8):
            store.create(lease(conversation_id(second)), "Empty")
        page = store.conversations(OWNER, limit=1)
        assert ([item.conversation_id for item in page.items], page.after) == ([kept], None)

    def test_messages_are_paged_in_order_of_time(self, store: ConversationStore) -> None:
        new_id = begun(store, turns=3)
        first = store.messages(OWNER, new_id, limit=4)
        assert ([message.number for message in first.items], first.after) == ([0, 1, 2, 3], "3")
        rest = store.messages(OWNER, new_id, limit=4, after=first.after)
        assert ([message.number for message in rest.items], rest.after) == ([4, 5], None)
        assert store.messages(OWNER, new_id, limit=6).after is None
        assert store.messages(OWNER, new_id, limit=4, after="5").items == ()

    def test_a_rename_changes_the_title_alone(self, store: ConversationStore) -> None:
        new_id = begun(store)
        before = store.get(OWNER, new_id)
        store.take(lease(new_id))
        renamed = store.rename(OWNER, new_id, "Shoes")
        assert renamed.title == store.get(OWNER, new_id).title == "Shoes"
        assert (renamed.message_count, renamed.updated_at) == (before.message_count, before.updated_at)
        store.commit(lease(new_id), turn(2), keep_until=LATER)


class TestErase:
    def test_removes_more_messages_than_one_batch_takes(self, store: ConversationStore) -> None:
        new_id, other = begun(store, turns=31), begun(store, second=9)
        store.take(lease(new_id))
        store.erase(lease(new_id))
        assert store.messages(OWNER, new_id, limit=100).items == ()
        with pytest.raises(NotFoundError):
            store.get(OWNER, new_id)
        assert len(store.messages(OWNER, other, limit=100).items) == 2

    def test_needs_the_lease(self, store: ConversationStore) -> None:
        new_id = begun(store)
        store.take(lease(new_id, token="turn"))
        with pytest.raises(ConversationBusyError):
            store.erase(lease(new_id, token="delete"))


class TestOnDynamoDbAlone:
    def test_everything_ages_out(self, dynamodb: Any) -> None:
        store = on_aws(dynamodb)
        begun(store)
        expiries = {int(item["expires_at"]["N"]) for item in dynamodb.scan(TableName="conversations")["Items"]}
        assert expiries == {int(LATER.timestamp())}

    def test_a_turn_keeps_the_header_from_ageing_out_under_it(self, dynamodb: Any) -> None:
        store = on_aws(dynamodb)
        new_id = begun(store)
        store.take(lease(new_id), keep_until=LATER + timedelta(days=9))
        item = dynamodb.query(
            TableName="conversations",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": OWNER}},
        )["Items"][0]
        assert int(item["expires_at"]["N"]) == int((LATER + timedelta(days=9)).timestamp())

    def test_pages_are_cut_by_bytes_where_messages_are_long(self, dynamodb: Any) -> None:
        store = on_aws(dynamodb)
        new_id = conversation_id()
        store.create(lease(new_id), "Title")
        for number in range(0, 12, 2):
            if number:
                store.take(lease(new_id))
            long = tuple(Message(number + side, "user", "x" * 390_000, NOW) for side in range(2))
            store.commit(lease(new_id), long, keep_until=LATER)
        numbers: list[int] = []
        sizes: list[int] = []
        after = None
        while True:
            page = store.messages(OWNER, new_id, limit=100, after=after)
            numbers += [message.number for message in page.items]
            sizes.append(len(page.items))
            if (after := page.after) is None:
                break
        assert numbers == list(range(12))
        assert sizes == [6, 6]

    def test_a_conflict_with_another_write_is_tried_again(self, dynamodb: Any) -> None:
        conflicted = _Conflicting(dynamodb, times=2)
        waits: list[float] = []
        store = on_aws(conflicted, sleep=waits.append)
        new_id = begun(store)
        assert store.get(OWNER, new_id).message_count == 2
        assert len(waits) == 2

    def test_a_lasting_conflict_surfaces(self, dynamodb: Any) -> None:
        store = on_aws(_Conflicting(dynamodb, times=99))
        with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
            begun(store)

    def test_unprocessed_deletes_are_sent_again(self, dynamodb: Any) -> None:
        store = on_aws(_Forgetful(dynamodb))
        new_id = begun(store, turns=3)
        store.take(lease(new_id))
        store.erase(lease(new_id))
        assert dynamodb.scan(TableName="conversations")["Items"] == []


class TestLongMessages:
    """Where they are kept, and that nothing of them stays behind."""

    def test_the_row_holds_a_pointer_and_the_object_the_text(self, dynamodb: Any) -> None:
        new_id = begun_long(on_aws(dynamodb))
        row = rows(dynamodb)[f"{OWNER}|{new_id}", "message#00000000"]
        assert "text" not in row and row["text_bytes"] == {"N": str(len(long_turn(0)[0].text.encode()))}
        key = row["text_key"]["S"]
        assert key.startswith("conversations/") and key.endswith(f"/{new_id}/00000000-one")
        assert "ann" not in key.replace(new_id, "")
        assert s3().get_object(Bucket="results", Key=key)["Body"].read().decode() == long_turn(0)[0].text
        assert s3().head_object(Bucket="results", Key=key)["ServerSideEncryption"] == "AES256"

    def test_no_client_of_s3_is_made_for_short_messages(self, dynamodb: Any) -> None:
        def refuse() -> Any:
            raise AssertionError("no message is long")

        texts = S3MessageTexts(refuse, bucket="results")
        store = DynamoDbConversationStore(dynamodb, table="conversations", texts=texts)
        new_id = begun(store, turns=3)
        assert len(list(store.newest_messages(OWNER, new_id))) == 6

    def test_a_turn_that_lost_its_lease_takes_its_object_back(self, dynamodb: Any) -> None:
        store = on_aws(dynamodb)
        new_id = begun_long(store)
        kept = versions()
        store.take(lease(new_id, token="new"))
        with pytest.raises(ConversationBusyError):
            store.commit(lease(new_id, token="old"), long_turn(2), keep_until=LATER)
        assert versions() == kept
        store.commit(lease(new_id, token="new"), long_turn(2), keep_until=LATER)
        assert len(store.messages(OWNER, new_id, limit=10).items) == 4

    def test_a_commit_whose_end_nobody_knows_keeps_its_object(self, dynamodb: Any) -> None:
        new_id = conversation_id()
        on_aws(dynamodb).create(lease(new_id), "Title")
        with pytest.raises(ConnectionError):
            on_aws(_Lost(dynamodb)).commit(lease(new_id), long_turn(0), keep_until=LATER)
        assert on_aws(dynamodb).messages(OWNER, new_id, limit=10).items == long_turn(0)

    def test_a_text_that_has_aged_out_is_passed_over(self, dynamodb: Any) -> None:
        store = on_aws(dynamodb)
        new_id = begun_long(store)
        for key, version in versions():
            s3().delete_object(Bucket="results", Key=key, VersionId=version)
        assert [message.number for message in store.newest_messages(OWNER, new_id)] == [1]
        assert [message.number for message in store.messages(OWNER, new_id, limit=10).items] == [1]

    def test_a_text_that_is_not_what_was_written_is_not_handed_out(self, dynamodb: Any) -> None:
        store = on_aws(dynamodb)
        new_id = begun_long(store)
        s3().put_object(Bucket="results", Key=versions()[0][0], Body=b"Something else")
        assert [message.number for message in store.messages(OWNER, new_id, limit=10).items] == [1]

    def test_erasing_takes_every_version_of_every_object_of_this_conversation_alone(self, dynamodb: Any) -> None:
        store = on_aws(dynamodb)
        new_id, other = begun_long(store), begun_long(store, second=1)
        key = next(key for key, _ in versions() if new_id in key)
        prefix = key.rpartition("/")[0]
        s3().put_object(Bucket="results", Key=key, Body=b"an older write, sent twice")
        s3().delete_object(Bucket="results", Key=key)
        s3().put_object(Bucket="results", Key=f"{prefix}/00000002-crashed", Body=b"an orphan")
        store.take(lease(new_id))
        store.erase(lease(new_id))
        assert {key.split("/")[2] for key, _ in versions()} == {other}
        assert len(store.messages(OWNER, other, limit=10).items) == 2

    def test_texts_that_an_older_deployment_compressed_are_still_read(self, dynamodb: Any) -> None:
        store = on_aws(dynamodb)
        new_id = begun(store)
        text = "wörd " * 100_000
        dynamodb.update_item(
            TableName="conversations",
            Key={"pk": {"S": f"{OWNER}|{new_id}"}, "sk": {"S": "message#00000001"}},
            UpdateExpression="SET text_zlib = :zlib REMOVE #text",
            ExpressionAttributeNames={"#text": "text"},
            ExpressionAttributeValues={":zlib": {"B": zlib.compress(text.encode())}},
        )
        assert next(store.newest_messages(OWNER, new_id)).text == text


def memories_of(store: ConversationStore) -> MemoryStore:
    if isinstance(store, InMemoryConversationStore):
        return store
    return DynamoDbMemoryStore(boto3.client("dynamodb", region_name="us-east-1"), table="conversations")


def long_turn(number: int) -> tuple[Message, Message]:
    question, answer = turn(number)
    return replace(question, text="한국어 " * 8_000), answer


def begun_long(store: ConversationStore, *, second: int = 0) -> str:
    new_id = conversation_id(second)
    store.create(lease(new_id), "Title")
    store.commit(lease(new_id), long_turn(0), keep_until=LATER)
    return new_id


def s3() -> Any:
    return boto3.client("s3", region_name="us-east-1")


def versions() -> list[tuple[str, str]]:
    answer = s3().list_object_versions(Bucket="results")
    return [(each["Key"], each["VersionId"]) for kind in ("Versions", "DeleteMarkers") for each in answer.get(kind, [])]


def rows(dynamodb: Any) -> dict[tuple[str, str], Any]:
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in dynamodb.scan(TableName="conversations")["Items"]}


class _Wrapped:
    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class _Conflicting(_Wrapped):
    """Cancels the first transactions as DynamoDB does when another write touches the same item."""

    def __init__(self, client: Any, *, times: int) -> None:
        super().__init__(client)
        self._times = times

    def transact_write_items(self, **arguments: Any) -> Any:
        if self._times:
            self._times -= 1
            reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}]
            answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise self._client.exceptions.TransactionCanceledException(answer, "TransactWriteItems")
        return self._client.transact_write_items(**arguments)


class _Forgetful(_Wrapped):
    """Leaves the last delete of every larger batch unprocessed."""

    def batch_write_item(self, **arguments: Any) -> Any:
        ((table, requests),) = arguments["RequestItems"].items()
        if len(requests) == 1:
            return self._client.batch_write_item(**arguments)
        self._client.batch_write_item(RequestItems={table: requests[:-1]})
        return {"UnprocessedItems": {table: requests[-1:]}}


class _Lost(_Wrapped):
    """Writes, and loses the answer."""

    def transact_write_items(self, **arguments: Any) -> Any:
        self._client.transact_write_items(**arguments)
        raise ConnectionError
