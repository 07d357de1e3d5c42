"""Thousands of drops while half of all model calls are throttled: `python -m benchmarks.drops [--documents 2000]`.

20% repeat another document's content, 5% cannot be read. It fails unless count in = count out and nothing was paid
twice; what it prints holds for the machine that prints it.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from collections import Counter
from typing import Any

import boto3

from benchmarks.local_stack import local_stack

TEXT = "The harbour was rebuilt in {n}. Its walls are made of granite. Every ship pays a toll of {n} coins."
STUCK_SECONDS = 300
PACE = "12"  # retries that come faster than this keep the one local process busy with refusals
LOOK_SECONDS = 15  # each look reads the whole table


def main() -> None:
    """Drop, wait, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    count = parser.parse_args().documents
    with local_stack("--time-scale", PACE) as (stack, _):
        throttle_half(stack)
        begin = time.perf_counter()
        keys = drop(stack, count)
        dropped = time.perf_counter() - begin
        states = wait_for_all(stack, keys)
        seconds = time.perf_counter() - begin
        calls = outcomes(stack)
    completed = [each["completed"] for each in calls.values()]
    print(f"{count} documents dropped in {dropped:.0f} s, all ended after {seconds:.0f} s: {dict(states)}")
    print(f"{sum(completed)} paid calls, {sum(each['refused'] for each in calls.values())} throttled ones")
    if states["SUMMARIZED"] + states["FAILED"] != count or max(completed) > 1:
        raise SystemExit("count in is not count out, or something was paid twice")


def throttle_half(stack: dict[str, Any]) -> None:
    rule = json.dumps({"kind": "throttle", "operation": "Converse", "rate": 0.5, "seed": 7}).encode()
    headers = {"content-type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(stack["aws_url"] + "/_quarry/faults", rule, headers), timeout=60)


def drop(stack: dict[str, Any], count: int) -> set[str]:
    s3, keys = aws(stack, "s3"), []
    for n in range(count):
        body = b"\0\1\2" * 40 if n % 20 == 0 else TEXT.format(n=n - 1 if n % 5 == 4 else n).encode()
        keys.append(f"inbox/local/load/{n}.txt")
        s3.put_object(Bucket=stack["outputs"]["DocumentsBucketName"], Key=keys[-1], Body=body)
    return set(keys)


def wait_for_all(stack: dict[str, Any], keys: set[str]) -> Counter[str]:
    """The states, once all have ended; fails when nothing more happens."""
    last, since = Counter[str](), time.monotonic()
    while True:
        states = Counter(each["state"] for each in documents(stack) if each["key"] in keys)
        if states["SUMMARIZED"] + states["FAILED"] == len(keys):
            return states
        if states != last:
            last, since = states, time.monotonic()
        if time.monotonic() - since > STUCK_SECONDS:
            raise SystemExit(f"stuck: {dict(states)} of {len(keys)}")
        time.sleep(LOOK_SECONDS)


def documents(stack: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        url = f"{stack['api_url']}/documents?prefix=load/&limit=100{cursor}"
        request = urllib.request.Request(url, headers={"authorization": f"Bearer {stack['key']}"})
        page = json.load(urllib.request.urlopen(request, timeout=60))
        found += page["items"]
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def outcomes(stack: dict[str, Any]) -> dict[str, Counter[str]]:
    """document id -> how its calls ended."""
    found: dict[str, Counter[str]] = {}
    pages = aws(stack, "dynamodb").get_paginator("scan").paginate(TableName=stack["outputs"]["LedgerTableName"])
    for page in pages:
        for item in page["Items"]:
            found.setdefault(item["reference"]["S"], Counter())[item["outcome"]["S"]] += 1
    return found


def aws(stack: dict[str, Any], service: str) -> Any:
    keys: dict[str, Any] = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return boto3.client(service, endpoint_url=stack["aws_url"], region_name="us-east-1", **keys)


if __name__ == "__main__":
    main()
