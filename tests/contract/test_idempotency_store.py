"""Every idempotency store behaves alike: the fake and the one on DynamoDB."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
from lambdas.shared.domain.idempotency import Claim, EarlierCall, IdempotencyStore, KeptAnswer
from local.cloud.seams import tables
from tests.fakes.idempotency import InMemoryIdempotencyStore

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
LEASE = timedelta(seconds=310)
DAY = timedelta(hours=24)
MILLISECOND = timedelta(milliseconds=1)
ANSWER = KeptAnswer(200, '{"answer":"안녕 \\u0000"}'.encode(), {"content-type": "application/json"})


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[IdempotencyStore]:
    if request.param == "memory":
        yield InMemoryIdempotencyStore()
        return
    with mock_aws():
        yield DynamoDbIdempotencyStore(make_table(), table="idempotency")


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        yield make_table()


def make_table() -> Any:
    tables.install()  # moto alone lets two writers at once win
    client = boto3.client("dynamodb", region_name="us-east-1", config=Config(max_pool_connections=50))
    client.create_table(
        TableName="idempotency",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def claim(token: str = "one", *, call: str = "call", body: str = "body", at: datetime = NOW) -> Claim:
    return Claim(call, body, token, taken_at=at, expires_at=at + LEASE)


class TestBegin:
    def test_the_first_may_run(self, store: IdempotencyStore) -> None:
        assert store.begin(claim()) is None

    def test_the_second_sees_that_the_first_runs(self, store: IdempotencyStore) -> None:
        store.begin(claim())
        assert store.begin(claim("two", body="other")) == EarlierCall("body", NOW + LEASE)

    def test_calls_do_not_meet(self, store: IdempotencyStore) -> None:
        store.begin(claim())
        assert store.begin(claim("two", call="another")) is None

    def test_beginning_twice_with_one_claim_is_beginning_once(self, store: IdempotencyStore) -> None:
        """A client whose first write's answer was lost sends it again by itself."""
        assert store.begin(claim()) is None
        assert store.begin(claim()) is None

    def test_fifty_at_once_have_one_winner(self, store: IdempotencyStore) -> None:
        start = Barrier(50)

        def begin(number: int) -> EarlierCall | None:
            start.wait()
            return store.begin(claim(f"token {number}"))

        with ThreadPoolExecutor(50) as pool:
            outcomes = list(pool.map(begin, range(50)))
        assert outcomes.count(None) == 1
        assert all(outcome == EarlierCall("body", NOW + LEASE) for outcome in outcomes if outcome)

    @pytest.mark.parametrize("early", [MILLISECOND, timedelta(0), -MILLISECOND])
    def test_a_claim_ends_to_the_millisecond(self, store: IdempotencyStore, early: timedelta) -> None:
        store.begin(claim())
        second = store.begin(claim("two", at=NOW + LEASE - early))
        assert (second is None) == (early <= timedelta(0))


class TestKeep:
    def test_an_answer_is_there_for_the_next_one(self, store: IdempotencyStore) -> None:
        store.begin(claim())
        assert store.keep(claim(), ANSWER, until=NOW + DAY)
        expected = EarlierCall("body", NOW + DAY, ended=True, answer=ANSWER)
        assert store.begin(claim("two")) == expected
        assert store.begin(claim("three", at=NOW + LEASE)) == expected

    @pytest.mark.parametrize("early", [MILLISECOND, timedelta(0), -MILLISECOND])
    def test_an_answer_is_kept_to_the_millisecond(self, store: IdempotencyStore, early: timedelta) -> None:
        """What is past its time counts as absent, though TTL has not come round yet."""
        until = NOW + timedelta(microseconds=999_000) + DAY
        store.begin(claim())
        store.keep(claim(), ANSWER, until=until)
        later = store.begin(claim("two", body="other", at=until - early))
        assert (later is None) == (early <= timedelta(0))

    def test_a_lost_claim_keeps_nothing(self, store: IdempotencyStore) -> None:
        store.begin(claim())
        store.begin(claim("two", at=NOW + LEASE))
        assert not store.keep(claim(), ANSWER, until=NOW + DAY)
        assert store.begin(claim("three", at=NOW + LEASE)) == EarlierCall("body", NOW + 2 * LEASE)

    def test_a_claim_that_was_tidied_away_still_keeps_its_answer(self, store: IdempotencyStore) -> None:
        assert store.keep(claim(), ANSWER, until=NOW + DAY)
        earlier = store.begin(claim("two"))
        assert earlier is not None and earlier.answer == ANSWER

    def test_an_empty_answer_without_headers_is_an_answer(self, store: IdempotencyStore) -> None:
        store.begin(claim())
        store.keep(claim(), KeptAnswer(204, b""), until=NOW + DAY)
        earlier = store.begin(claim("two"))
        assert earlier is not None and earlier.answer == KeptAnswer(204, b"")

    def test_a_megabyte_of_text_is_kept(self, dynamodb: Any) -> None:
        store = DynamoDbIdempotencyStore(dynamodb, table="idempotency")
        long = KeptAnswer(200, "".join(f"Sentence {n} of a long answer. " for n in range(40_000)).encode())
        store.begin(claim())
        store.keep(claim(), long, until=NOW + DAY)
        earlier = store.begin(claim("two"))
        assert earlier is not None and earlier.answer == long

    def test_what_is_too_large_is_known_to_have_ended(self, store: IdempotencyStore) -> None:
        noise = KeptAnswer(200, random.Random(7).randbytes(400_000))
        store.begin(claim())
        assert store.keep(claim(), noise, until=NOW + DAY)
        assert store.begin(claim("two")) == EarlierCall("body", NOW + DAY, ended=True, answer=None)


class TestRelease:
    def test_the_next_one_may_run(self, store: IdempotencyStore) -> None:
        store.begin(claim())
        store.release(claim())
        assert store.begin(claim("two", body="other")) is None

    def test_a_lost_claim_releases_nothing(self, store: IdempotencyStore) -> None:
        store.begin(claim())
        store.begin(claim("two", at=NOW + LEASE))
        store.release(claim())
        assert store.begin(claim("three", at=NOW + LEASE)) is not None

    def test_releasing_again_is_no_error(self, store: IdempotencyStore) -> None:
        store.begin(claim())
        store.release(claim())
        store.release(claim())


class TestItems:
    def test_ttl_comes_after_the_end(self, dynamodb: Any) -> None:
        store = DynamoDbIdempotencyStore(dynamodb, table="idempotency")
        store.begin(claim())
        (item,) = dynamodb.scan(TableName="idempotency")["Items"]
        assert int(item["expires_at"]["N"]) > (NOW + LEASE).timestamp()
        store.keep(claim(), ANSWER, until=NOW + DAY)
        (item,) = dynamodb.scan(TableName="idempotency")["Items"]
        assert int(item["expires_at"]["N"]) > (NOW + DAY).timestamp()

    def test_other_errors_are_not_taken_for_an_answer(self, dynamodb: Any) -> None:
        store = DynamoDbIdempotencyStore(dynamodb, table="elsewhere")
        for act in (store.begin, store.release, lambda held: store.keep(held, ANSWER, until=NOW)):
            with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
                act(claim())
