"""Functions that die when, or after, they make a call: real processes, killed by what their calls say of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.functions import FunctionHost
from tests.integration.local_functions.workshop import Workshop

CODE = """
import boto3
from botocore.config import Config

def handler(event, context):
    client = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}))
    client.create_bucket(Bucket=event["bucket"])
    return "done"
"""


@pytest.fixture
def host(cloud, faults, tmp_path: Path) -> Iterator[FunctionHost]:
    workshop = Workshop(tmp_path)
    workshop.function("maker", CODE)
    workshop.function("other", CODE)
    made = FunctionHost(workshop.deployment(), endpoint_url=cloud.endpoint_url, log=lambda line: None)
    cloud.faults.kill = made.kill_process
    yield made
    cloud.faults.kill = None
    made.close()


def make(host: FunctionHost, bucket: str, *, function: str = "stack-maker") -> Any:
    return host.invoke(function, json.dumps({"bucket": bucket}).encode())


def buckets(cloud: Any) -> set[str]:
    return {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_function_dies_before_or_after_its_call(cloud, host, add, when: str) -> None:
    add("crash", service="s3", operation="CreateBucket", function="Maker", count=1, params={"when": when})
    died = make(host, f"crash-{when}")
    assert died.error == "Unhandled" and json.loads(died.payload)["errorType"] == "Runtime.ExitError"
    assert (f"crash-{when}" in buckets(cloud)) is (when == "after")
    again = make(host, f"crash-{when}-again")
    assert again.error is None and json.loads(again.payload) == "done"


def test_only_the_named_function_dies(host, add) -> None:
    add("crash", service="*", function="Maker")
    assert make(host, "crash-other", function="stack-other").error is None
    assert make(host, "crash-named").error == "Unhandled"
