"""Vector buckets that a deployment left behind, on the local S3 Vectors."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from local.cloud.seams import vector_indexes
from ops.__main__ import main
from ops.leftovers.inventory import Leftover
from ops.leftovers.vector_buckets import VectorBuckets
from ops.remains import _is_doomed
from tests.integration.ops.account import REGION, Account


@pytest.fixture
def client() -> Iterator[object]:
    vector_indexes.install()
    with mock_aws():
        yield boto3.client("s3vectors", REGION)


def fill(client, name: str, deployment: str, *, vectors: int) -> None:
    client.create_vector_bucket(vectorBucketName=name, tags={"quarry:deployment": deployment})
    for index in ("one", "two"):
        client.create_index(
            vectorBucketName=name, indexName=index, dataType="float32", dimension=256, distanceMetric="cosine"
        )
    for start in range(0, vectors, 500):
        batch = [{"key": str(n), "data": {"float32": [1.0] * 256}} for n in range(start, min(start + 500, vectors))]
        client.put_vectors(vectorBucketName=name, indexName="one", vectors=batch)


def test_they_are_listed_with_their_least_cost_and_purged_with_their_indexes(client, capsys) -> None:
    fill(client, "ours", "Quarry", vectors=3)
    fill(client, "theirs", "Quarry-Two", vectors=1)
    assert main(["remains", "--name", "Quarry"]) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith("vectors    ours  at least 3.0 KB  at least <$0.01/month")
    assert line.endswith("(2 indexes, 3 vectors without their metadata)")
    assert main(["purge", "--name", "Quarry"]) == 1
    assert len(client.list_vector_buckets()["vectorBuckets"]) == 2, "nothing goes without the word"
    assert main(["purge", "--name", "Quarry", "--yes-delete-data"]) == 0
    assert [bucket["vectorBucketName"] for bucket in client.list_vector_buckets()["vectorBuckets"]] == ["theirs"]
    assert main(["remains", "--name", "Quarry"]) == 0
    assert "nothing remains" in capsys.readouterr().out


def test_the_end_of_a_destroy_takes_those_that_were_to_go_and_no_others(client, capsys) -> None:
    for name, retention in (("goes", "destroy"), ("stays", "keep")):
        fill(client, name, "Quarry", vectors=1)
        arn = client.get_vector_bucket(vectorBucketName=name)["vectorBucket"]["vectorBucketArn"]
        client.tag_resource(resourceArn=arn, tags={"quarry:retention": retention})
    assert main(["remains", "--finish-destroy"]) == 0
    assert [bucket["vectorBucketName"] for bucket in client.list_vector_buckets()["vectorBuckets"]] == ["stays"]
    assert "vectors    stays" in capsys.readouterr().out


def test_one_whose_tags_cannot_be_read_stays() -> None:
    class Locked:
        def list_tags_for_resource(self, **_: str) -> object:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListTagsForResource")

    bucket = Leftover(VectorBuckets(Locked()), "v", "arn:aws:s3vectors:us-east-1:1:bucket/v", None, None)
    assert not _is_doomed(bucket)


def test_nothing_is_taken_while_a_stack_stands(client) -> None:
    fill(client, "goes", "Quarry", vectors=1)
    arn = client.get_vector_bucket(vectorBucketName="goes")["vectorBucket"]["vectorBucketArn"]
    client.tag_resource(resourceArn=arn, tags={"quarry:retention": "destroy"})
    Account().deploy("Quarry", "Quarry-Storage")
    assert main(["remains", "--finish-destroy"]) == 0
    assert len(client.list_vector_buckets()["vectorBuckets"]) == 1


def test_counting_a_large_index_stops_and_says_so(client) -> None:
    fill(client, "ours", "Quarry", vectors=1001)
    size = VectorBuckets(client, most_pages=1).size("ours")
    assert size is not None and size.partial and "1,000 vectors or more" in size.detail
    whole = VectorBuckets(client).size("ours")
    assert whole is not None and whole.stored_bytes == 1001 * 256 * 4


def test_one_that_is_gone_has_no_size(client) -> None:
    assert VectorBuckets(client).size("gone") is None


def test_a_region_without_the_service_has_none() -> None:
    class Nowhere:
        def get_paginator(self, _operation: str) -> object:
            raise EndpointConnectionError(endpoint_url="https://s3vectors.nowhere")

    assert VectorBuckets(Nowhere()).tagged("quarry:deployment", "Quarry") == {}
