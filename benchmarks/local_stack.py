"""How long a user of the local stack waits: `python -m benchmarks.local_stack` starts one and prints a table.

The first token of a stream is compared with bare boto3 against the same local Bedrock in the same run, calls
interleaved, so that the ratio holds on any machine; the seconds hold for the machine that prints them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

ROOT = Path(__file__).resolve().parents[1]
FIRST_TOKEN_MS = 50
MODEL = "amazon.nova-lite-v1:0"
MESSAGE = "Name the parts of a radio telescope. <document>A dish, a feed, a receiver, a mount.</document>"


@contextmanager
def local_stack(*arguments: str, **variables: str) -> Iterator[tuple[dict[str, Any], float]]:
    """A stack of its own, whose Bedrock waits FIRST_TOKEN_MS before it answers, and the seconds until it was ready."""
    with tempfile.TemporaryDirectory() as folder:
        ready, log = Path(folder) / "ready.json", Path(folder) / "log"
        command = [sys.executable, "-m", "local", "up", "--port", "0", "--aws-port", "0", "--ready-file", str(ready)]
        command += arguments
        environment = {**os.environ, "LOCAL_MODEL_FIRST_TOKEN_MS": str(FIRST_TOKEN_MS), **variables}
        begin = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        while not ready.exists():
            if process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.02)
        try:
            yield json.loads(ready.read_text()), time.perf_counter() - begin
        finally:
            process.terminate()
            process.wait(timeout=60)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that `work` takes."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def post(stack: dict[str, Any], path: str) -> Any:
    headers = {"authorization": f"Bearer {stack['key']}", "content-type": "application/json"}
    body = json.dumps({"message": MESSAGE, "model": "fast"}).encode()
    return urllib.request.urlopen(urllib.request.Request(stack["api_url"] + path, body, headers), timeout=60)


def first_delta(stack: dict[str, Any]) -> float:
    """Milliseconds from the request to the first `delta` of POST /chat/stream; the rest is read after the clock."""
    begin = time.perf_counter()
    with post(stack, "/chat/stream") as answer:
        while not answer.readline().startswith(b"event: delta"):
            pass
        taken = (time.perf_counter() - begin) * 1000
        answer.read()
    return taken


def first_text(client: Any) -> float:
    """The same for bare boto3: milliseconds from the call to the first contentBlockDelta of ConverseStream."""
    begin = time.perf_counter()
    taken = 0.0
    messages = [{"role": "user", "content": [{"text": MESSAGE}]}]
    for event in client.converse_stream(modelId=MODEL, messages=messages)["stream"]:
        if not taken and "contentBlockDelta" in event:
            taken = (time.perf_counter() - begin) * 1000
    return taken


def drop_to_summary(stack: dict[str, Any], s3: Any, number: int) -> None:
    """Put a text and wait for its `.summary.md`; the text differs each time, so that no summary is used again."""
    name = f"bench-{number}.txt"
    text = f"Report number {number}. The sea was calm. The wind came from the north. Nobody slept that night."
    s3.put_object(Bucket=stack["outputs"]["DocumentsBucketName"], Key=f"inbox/local/{name}", Body=text.encode())
    prefix = f"summaries/local/{name}.summary.md"
    while not s3.list_objects_v2(Bucket=stack["outputs"]["ResultsBucketName"], Prefix=prefix).get("KeyCount"):
        time.sleep(0.02)


def row(what: str, milliseconds: list[float]) -> None:
    ordered = sorted(milliseconds)
    print(f"| {what} | {len(ordered)} | {statistics.median(ordered):.0f} | {ordered[0]:.0f} | {ordered[-1]:.0f} |")


def main() -> None:
    """Start a stack, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with local_stack() as (stack, ready_seconds):
        client = boto3.client(
            "bedrock-runtime", endpoint_url=stack["aws_url"], region_name="us-east-1",
            aws_access_key_id="local", aws_secret_access_key="local",
        )  # fmt: skip
        s3 = boto3.client(
            "s3", endpoint_url=stack["aws_url"], region_name="us-east-1",
            aws_access_key_id="local", aws_secret_access_key="local",
        )  # fmt: skip
        cold_drop = timed(lambda: drop_to_summary(stack, s3, 0))
        cold = timed(lambda: post(stack, "/chat").read())
        warm = [timed(lambda: post(stack, "/chat").read()) for _ in range(rounds)]
        first_delta(stack), first_text(client)
        pairs = [(first_delta(stack), first_text(client)) for _ in range(rounds)]
        drops = [timed(lambda n=n: drop_to_summary(stack, s3, n)) for n in range(1, 1 + max(3, rounds // 6))]
    print(f"ready after {ready_seconds:.1f} s; the local Bedrock waits {FIRST_TOKEN_MS} ms before its first token\n")
    print("| what | n | median ms | min | max |\n|---|---|---|---|---|")
    row("POST /chat, cold function", [cold])
    row("POST /chat, warm", warm)
    row("POST /chat/stream, first delta", [ours for ours, _ in pairs])
    row("boto3 converse_stream, first text", [bare for _, bare in pairs])
    row("drop of a small text -> .summary.md, every function cold", [cold_drop])
    row("drop of a small text -> .summary.md, warm", drops)
    ratio = statistics.median(ours for ours, _ in pairs) / statistics.median(bare for _, bare in pairs)
    print(f"\nfirst token against bare boto3: {ratio:.2f}x")


if __name__ == "__main__":
    main()
