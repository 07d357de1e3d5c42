"""Of many that create the same object at the same time, one has created it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from botocore.exceptions import ClientError

from local.cloud import Cloud

AT_ONCE = 8


def test_an_object_is_created_once_and_the_others_are_told(cloud: Cloud) -> None:
    client, bucket = cloud.client("s3"), f"puts-{uuid.uuid4().hex[:8]}"
    client.create_bucket(Bucket=bucket)
    start = Barrier(AT_ONCE)

    def create(number: int) -> str:
        start.wait()
        try:
            client.put_object(Bucket=bucket, Key="commit.json", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return f"created {number}"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = sorted(pool.map(create, range(AT_ONCE)))
    assert answers[:-1] == ["PreconditionFailed"] * (AT_ONCE - 1)
    kept = client.get_object(Bucket=bucket, Key="commit.json")["Body"].read().decode()
    assert answers[-1] == f"created {kept}"
