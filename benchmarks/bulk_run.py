"""An archive through the local stack while rows and jobs fail: `python -m benchmarks.bulk_run [--documents 20000]`.

A pilot run of 150 documents comes first, so that the plan is made of what answers take. Of the archive's rows 5% fail;
one job fails its validation, one half-way, one expires. It fails unless every id has ended exactly once and the report
says so, and a document of a large run took no more than 0.05 transitions. Seconds hold for the machine that prints
them; 20,000 documents take half an hour or more.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

from benchmarks.drops import aws
from benchmarks.local_stack import local_stack
from lambdas.shared.domain.bulk.listing import Entry

PILOT = 150
# A small run's transitions are mostly looks at its few jobs.
MOST_TRANSITIONS, LARGE = 0.05, 20_000
MOST_STATE_BYTES = 32 * 1024
PACE = "60"  # a job is looked at every few minutes, which here are seconds
STUCK_SECONDS = 900
LOOK_SECONDS = 2
# a gateway's timeout, and an idempotency key whose first request is still under way
BUSY, PAUSES = (504, 409), (5, 10, 20, 40)
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "error_rows", "params": {"percent": 5, "code": 500}},
    {"kind": "job_failed", "count": 1, "params": {"when": "validating"}},
    {"kind": "job_partial", "skip": 1, "count": 1},
    {"kind": "job_expired", "skip": 2, "count": 1},
)
SENTENCES = (
    "The harbour was rebuilt in {n}.",
    "Its walls are made of granite from the quarry at the lower pond.",
    "Every ship pays a toll of {n} coins, and nobody has ever liked it.",
    "The herons nest in the alders near the weir.",
    "In the April storm {n} nests were lost.",
    "A new lock was opened in the same year, and the mill stands still since then.",
)


def main() -> None:
    """Fill, plan, run, check, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    documents = parser.parse_args().documents
    with local_stack("--time-scale", PACE) as (stack, _):
        # four jobs, so that some can fail and not all do; AWS would take them in one
        post(stack["aws_url"], "/_quarry/quotas", {"records_per_job": max(300, documents // 4)})
        fill(stack, "pilot", PILOT)
        follow(stack, start(stack, "pilot"))
        begin = time.perf_counter()
        ids = fill(stack, "archive", documents)
        print(f"{documents:,} documents put in {time.perf_counter() - begin:.0f} s", flush=True)
        for fault in FAULTS:
            post(stack["aws_url"], "/_quarry/faults", fault)
        begin = time.perf_counter()
        plan = ask(stack, "POST", "/bulk-summaries", {"source": source(stack, "archive"), "dry_run": True})
        print(f"planned in {time.perf_counter() - begin:.1f} s: {plan['jobs']} jobs, ${plan['cost_usd']}", flush=True)
        begin = time.perf_counter()
        run = follow(stack, start(stack, "archive"))
        seconds = time.perf_counter() - begin
        check_outcomes(stack, run, ids)
        print(f"{documents:,} documents in {seconds:.0f} s, {documents / seconds:.1f} each second: {run['counts']}")
        print_price(plan, run)
        check_states(stack, run, documents)


def fill(stack: dict[str, Any], name: str, count: int) -> list[str]:
    """Small texts of different lengths; answers their ids."""
    s3, bucket, random = aws(stack, "s3"), stack["outputs"]["DocumentsBucketName"], Random(name)

    def text(number: int) -> bytes:
        chosen = random.sample(SENTENCES, k=random.randint(2, len(SENTENCES)))
        return f"{name} {number}. {' '.join(chosen).format(n=1000 + number)}".encode()

    def put(each: tuple[str, bytes]) -> str:
        s3.put_object(Bucket=bucket, Key=each[0], Body=each[1])
        return Entry(bucket, each[0]).document_id

    texts = [(f"{prefix(name)}{number:06}.txt", text(number)) for number in range(count)]
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(put, texts))


def prefix(name: str) -> str:
    return f"bulk/local/{name}/"


def source(stack: dict[str, Any], name: str) -> str:
    return f"s3://{stack['outputs']['DocumentsBucketName']}/{prefix(name)}"


def start(stack: dict[str, Any], name: str) -> Any:
    return ask(stack, "POST", "/bulk-summaries", {"source": source(stack, name)})


def ask(stack: dict[str, Any], method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Asked again where a machine that is busy needs more than a request's 29 seconds: under one key it is one run."""
    headers = {"authorization": f"Bearer {stack['key']}", "content-type": "application/json"}
    if body is not None and "dry_run" not in body:
        headers["idempotency-key"] = uuid4().hex
    encoded = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(stack["api_url"] + path, encoded, headers, method=method)
    for pause in (*PAUSES, None):
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code not in BUSY or pause is None:
                raise
            time.sleep(pause)
    raise AssertionError


def post(url: str, path: str, body: dict[str, Any]) -> None:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers, method="POST")
    urllib.request.urlopen(request, timeout=60).close()


def follow(stack: dict[str, Any], run: Any) -> Any:
    """The run once it has succeeded; fails when nothing moves."""
    last, since = None, time.monotonic()
    while run["state"] == "RUNNING":
        time.sleep(LOOK_SECONDS)
        run = ask(stack, "GET", f"/bulk-summaries/{run['run_id']}")
        seen = (run["phase"], run["counts"], run["cost_usd"])
        if seen != last:
            print(f"  {time.strftime('%H:%M:%S')} {run['phase']:<10} {run['counts']}", flush=True)
            last, since = seen, time.monotonic()
        if time.monotonic() - since > STUCK_SECONDS:
            raise SystemExit(f"stuck: {run}")
    if run["state"] != "SUCCEEDED":
        raise SystemExit(f"the run ended as {run['state']}: {run['reason']}")
    return run


def check_outcomes(stack: dict[str, Any], run: Any, ids: list[str]) -> None:
    s3, bucket = aws(stack, "s3"), stack["outputs"]["ResultsBucketName"]
    report = json.load(s3.get_object(Bucket=bucket, Key=run["report_key"])["Body"])
    lines = s3.get_object(Bucket=bucket, Key=report["outcomes_key"])["Body"].iter_lines()
    if Counter(json.loads(line)["id"] for line in lines) != Counter(ids) or not report["accounted"]:
        raise SystemExit("some id is not accounted for")
    print(f"every id is accounted for, after {report['rounds']} rounds; errors: {report['errors'] or 'none'}")


def print_price(plan: Any, run: Any) -> None:
    """Services are on AWS's bill alone, and are left out of both."""
    parts = {
        "tokens": (Decimal(str(plan["token_usd"])), _usd(run["cost_usd"]) - _usd(run["guardrail_usd"])),
        "guardrail": (_usd(plan["guardrail_usd"]), _usd(run["guardrail_usd"])),
    }
    parts["all"] = (sum(planned for planned, _ in parts.values()), _usd(run["cost_usd"]))  # type: ignore[assignment]
    print(f"measured on {plan['measured_on']} answers; bound ${plan['cost_bound_usd']}")
    for name, (planned, settled) in parts.items():
        share = f"{(settled - planned) / planned * 100:+.1f} %" if planned else ""
        print(f"  {name:<10} planned ${planned:.6f}, settled ${settled:.6f} {share}")


def _usd(amount: Any) -> Decimal:
    return Decimal(str(amount))


def check_states(stack: dict[str, Any], run: Any, documents: int) -> None:
    """Transitions of the execution and of its maps' children, and the largest state that any of them carried."""
    client = aws(stack, "stepfunctions")
    machine = stack["outputs"]["BulkStateMachineArn"]
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=machine)
    (arn,) = (each["executionArn"] for page in pages for each in page["executions"] if run["run_id"] in each["name"])
    runs = [run["mapRunArn"] for run in client.list_map_runs(executionArn=arn)["mapRuns"]]
    events = [event for each in (arn, *runs) for event in history(client, each)]
    kinds = Counter(event["type"] for event in events)
    children = sum(client.describe_map_run(mapRunArn=arn)["executionCounts"]["total"] for arn in runs)
    # an execution's start counts as one
    transitions = 1 + children + sum(count for kind, count in kinds.items() if kind.endswith("StateEntered"))
    largest = max(len(text.encode()) for event in events for text in payloads(event))
    each = transitions / documents
    print(f"{transitions:,} transitions in {children} children and their parent: {each:.4f} for a document")
    print(f"largest state {largest:,} bytes")
    if largest > MOST_STATE_BYTES or (documents >= LARGE and each > MOST_TRANSITIONS):
        raise SystemExit("too many transitions, or too large a state")


def history(client: Any, arn: str) -> Iterator[Any]:
    """Of an execution; of a map run all its children's, which the local stack answers together."""
    for page in client.get_paginator("get_execution_history").paginate(executionArn=arn):
        yield from page["events"]


def payloads(event: Any) -> Iterable[str]:
    for name, details in event.items():
        if name.endswith("EventDetails"):
            yield from (details[field] for field in ("input", "output") if field in details)


if __name__ == "__main__":
    main()
