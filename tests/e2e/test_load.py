"""Many documents at once while things break: count in = count out, and each is paid once."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.api import wait_for
from tests.e2e.breaking import Faults, ledger, quiet
from tests.e2e.conftest import RunningStack
from tests.e2e.test_documents import documents, drop, ended, executions

TEXT = "The harbour was rebuilt in {n}. Its walls are made of granite. Every ship pays a toll of {n} coins."
STUCK_SECONDS = 60


@pytest.fixture
def stack(breaking_stack: RunningStack) -> Iterator[RunningStack]:
    control = Faults(breaking_stack)
    control.clear()
    yield breaking_stack
    control.clear()


def all_end(stack: RunningStack, keys: list[str]) -> dict[str, Any]:
    """The documents by key once all have ended; fails when nothing more happens for a minute."""
    wanted, last, since = set(keys), Counter[str](), time.monotonic()
    while True:
        found = {item["key"]: item for item in documents(stack) if item["key"] in wanted}
        states = Counter(item["state"] for item in found.values())
        if states["SUMMARIZED"] + states["FAILED"] == len(wanted):
            return found
        if states != last:
            last, since = states, time.monotonic()
        assert time.monotonic() - since < STUCK_SECONDS, f"stuck: {dict(states)} of {len(wanted)}"
        time.sleep(1)


def outcomes(stack: RunningStack) -> dict[str, Counter[str]]:
    """document id -> how its calls ended."""
    found: dict[str, Counter[str]] = {}
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs["LedgerTableName"])
    for page in pages:
        for item in page["Items"]:
            found.setdefault(item["reference"]["S"], Counter())[item["outcome"]["S"]] += 1
    return found


@pytest.mark.timeout(400)
def test_two_hundred_drops_survive_half_of_all_calls_throttled(stack: RunningStack) -> None:
    """20% repeat another one's content, 5% cannot be read, and events come twice."""
    faults = Faults(stack)
    faults.add("throttle", operation="Converse", rate=0.5, seed=40)
    faults.add("doubled_event", service="s3", operation="ObjectCreated", rate=0.2, seed=41)
    keys = [f"inbox/local/load/{n}.txt" for n in range(200)]
    for n, key in enumerate(keys):
        body = b"\0\1\2" * 40 if n % 20 == 0 else TEXT.format(n=3000 + (n - 1 if n % 5 == 4 else n)).encode()
        drop(stack, key, body)
    found = all_end(stack, keys)
    quiet(stack)
    assert len(found) == 200
    assert Counter(item["state"] for item in found.values()) == {"SUMMARIZED": 190, "FAILED": 10}
    assert {item["error"]["code"] for item in found.values() if item["error"]} == {"not_text"}
    calls = outcomes(stack)
    for item in found.values():
        ends = calls.get(item["document_id"], Counter())
        assert ends["completed"] <= 1, "paid twice"
        assert set(ends) <= {"completed", "refused"}
        reused = item["state"] == "SUMMARIZED" and not ends["completed"]
        assert item["cost_usd"] == 0 if reused or item["state"] == "FAILED" else item["cost_usd"] > 0
    assert faults.hits()[0] > 60 and faults.hits()[1] > 20
    assert dead_letters(stack) == 0


def dead_letters(stack: RunningStack) -> int:
    names = ["ApproximateNumberOfMessages"]
    url = stack.outputs["SummariesDeadLetterQueueUrl"]
    counted = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return int(counted["Attributes"]["ApproximateNumberOfMessages"])


@contextmanager
def killing(
    stack: RunningStack, *, every_seconds: float, functions: str = "Quarry-Summaries-"
) -> Iterator[Callable[[], int]]:
    """kill -9 of one random function's process again and again; gives how many were killed."""
    chance, stop, killed = random.Random(9), threading.Event(), []

    def kill() -> None:
        while not stop.wait(every_seconds):
            children = function_processes(stack.process.pid, functions)
            if children:
                victim = chance.choice(children)
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield lambda: len(killed)
    finally:
        stop.set()
        killer.join()


def function_processes(parent: int, functions: str) -> list[int]:
    """The stack's children that run functions of the workflow (not the guard that ends them all)."""
    found, named = [], f"AWS_LAMBDA_FUNCTION_NAME={functions}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            environment = (folder / "environ").read_bytes()
        except OSError:  # it has ended meanwhile
            continue
        if int(after_name[1]) == parent and named in environment:
            found.append(int(folder.name))
    return found


@pytest.mark.timeout(500)
def test_killing_functions_every_few_seconds_loses_none_of_300_documents(stack: RunningStack) -> None:
    keys = [f"inbox/local/killed/{n}.txt" for n in range(300)]
    with killing(stack, every_seconds=1.5) as killed:
        for n, key in enumerate(keys):
            drop(stack, key, TEXT.format(n=7000 + n).encode())
        found = all_end(stack, keys)
    quiet(stack)
    assert killed() > 10
    assert Counter(item["state"] for item in found.values()) == {"SUMMARIZED": 300}
    calls = outcomes(stack)
    paid = [calls[item["document_id"]]["completed"] for item in found.values()]
    assert min(paid) == 1
    assert sum(paid) - 300 <= killed(), "only a call whose process was killed may be paid again"
    assert dead_letters(stack) == 0


@pytest.mark.timeout(200)
def test_a_book_is_summarized_with_each_section_counted_once(stack: RunningStack) -> None:
    chapters = (f"# Chapter {n}\n\n" + TEXT.format(n=n) * 150 + f"\n\nThe end of day {n}.\n\n" for n in range(101))
    book = "".join(chapters)
    assert len(book) > 1_500_000
    Faults(stack).add("throttle", operation="Converse", rate=0.5, seed=3)
    drop(stack, "inbox/local/book.txt", book.encode())
    document = wait_for(lambda: ended(stack, "inbox/local/book.txt"), what="the book", seconds=150)
    assert document["state"] == "SUMMARIZED", document
    sections = document["sections"]
    assert sections > 5
    assert ledger(stack, document["document_id"]).count("completed") == sections + 1
    (execution,) = executions(stack, document["document_id"])
    assert len(execution["output"]) < 4096
