"""What every store of objects promises: held by the fake and by S3."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.s3_object_store import S3ObjectStore
from lambdas.shared.domain.object_store import ObjectMissingError, ObjectStore
from tests.fakes.objects import InMemoryObjectStore

BUCKET = "results"


@pytest.fixture(params=["in-memory", "s3"])
def store(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    if request.param == "in-memory":
        yield InMemoryObjectStore()
        return
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield S3ObjectStore(client)


def write(store: ObjectStore, body: bytes, *, key: str = "a.txt", owner: str = "run-1") -> str:
    return store.write(BUCKET, key, body, content_type="text/plain", owner=owner)


@pytest.mark.parametrize("key", ["a.txt", "two words & more.txt", "한국어 보고서.txt", "a%2Fb+c.txt", "🪨/x.txt"])
def test_objects_come_back_as_they_were_written(store: ObjectStore, key: str) -> None:
    write(store, b"hello \xff", key=key)
    assert store.read(BUCKET, key) == b"hello \xff"
    assert store.exists(BUCKET, key)


@pytest.mark.parametrize(
    ("offset", "length", "expected"), [(0, 3, b"one"), (4, 3, b"two"), (4, 0, b"two\n"), (0, 0, b"one\ntwo\n")]
)
def test_a_range_of_an_object_can_be_read(store: ObjectStore, offset: int, length: int, expected: bytes) -> None:
    write(store, b"one\ntwo\n")
    assert store.read_range(BUCKET, "a.txt", offset, length) == expected


def test_a_range_of_nothing_is_missing(store: ObjectStore) -> None:
    with pytest.raises(ObjectMissingError):
        store.read_range(BUCKET, "nothing", 0, 3)


def test_every_version_can_be_read(store: ObjectStore) -> None:
    first, second = write(store, b"one"), write(store, b"two")
    assert first != second
    assert (store.read(BUCKET, "a.txt", first), store.read(BUCKET, "a.txt")) == (b"one", b"two")


def test_what_is_missing_is_missing(store: ObjectStore) -> None:
    assert not store.exists(BUCKET, "nothing")
    assert store.version_of(BUCKET, "nothing", "run-1") is None
    with pytest.raises(ObjectMissingError):
        store.read(BUCKET, "nothing")


def test_a_version_that_was_removed_is_missing(store: ObjectStore) -> None:
    first, _ = write(store, b"one"), write(store, b"two")
    store.delete_version(BUCKET, "a.txt", first)
    with pytest.raises(ObjectMissingError):
        store.read(BUCKET, "a.txt", first)


def test_removing_the_newest_version_brings_the_older_one_back(store: ObjectStore) -> None:
    write(store, b"one")
    second = write(store, b"two")
    for _ in range(2):  # once more changes nothing
        store.delete_version(BUCKET, "a.txt", second)
    assert store.read(BUCKET, "a.txt") == b"one"


def test_the_newest_version_knows_its_writer(store: ObjectStore) -> None:
    mine = write(store, b"one", owner="run-1")
    assert store.version_of(BUCKET, "a.txt", "run-1") == mine
    assert store.version_of(BUCKET, "a.txt", "run-2") is None
    write(store, b"two", owner="run-2")
    assert store.version_of(BUCKET, "a.txt", "run-1") is None


def test_a_delete_marker_hides_the_object_but_not_its_versions() -> None:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        store = S3ObjectStore(client)
        version = write(store, b"one")
        marker = client.delete_object(Bucket=BUCKET, Key="a.txt")["VersionId"]
        assert not store.exists(BUCKET, "a.txt")
        assert store.read(BUCKET, "a.txt", version) == b"one"
        with pytest.raises(ObjectMissingError):
            store.read(BUCKET, "a.txt", marker)
