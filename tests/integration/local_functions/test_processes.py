"""The processes behind the functions: how many there are, when they are renewed, how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from local.functions import FunctionHost, InvokeRefusedError
from tests.integration.local_functions.processes import eventually, is_running
from tests.integration.local_functions.workshop import Workshop

WHO = "import os\ndef handler(event, context): return os.getpid()"
# says that it runs, and goes on when the file "go" appears
BUSY = """
import os, pathlib, time
def handler(event, context):
    pathlib.Path(f"running-{event}").write_text(str(os.getpid()))
    while not pathlib.Path("go").exists():
        time.sleep(0.005)
    return os.getpid()
"""
ABANDONED_HOST = """
import pathlib, sys
from tests.integration.local_functions.workshop import Workshop
workshop = Workshop(pathlib.Path(sys.argv[1]))
code = "import os, signal\\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\\ndef handler(e, c): return os.getpid()"
name = workshop.function("stubborn", code)
print(workshop.host().invoke(name, b"{}").payload.decode(), flush=True)
sys.stdin.read()
"""


def in_background(host: FunctionHost, name: str, payload: bytes, results: list[bytes]) -> threading.Thread:
    thread = threading.Thread(target=lambda: results.append(host.invoke(name, payload).payload))
    thread.start()
    return thread


def running(workshop: Workshop) -> int:
    return len(list(workshop.root.glob("running-*")))


def test_calls_at_the_same_time_get_processes_of_their_own(workshop: Workshop) -> None:
    name = workshop.function("busy", BUSY)
    host, results = workshop.host(), list[bytes]()
    threads = [in_background(host, name, str(number).encode(), results) for number in range(3)]
    assert eventually(lambda: running(workshop) == 3)
    (workshop.root / "go").touch()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 3


@pytest.mark.parametrize("how", ["reserved", "maximum"])
def test_a_call_beyond_the_concurrency_is_throttled(workshop: Workshop, how: str) -> None:
    reserved = {"ReservedConcurrentExecutions": 1} if how == "reserved" else {}
    name = workshop.function("busy", BUSY, **reserved)
    host, results = workshop.host(max_environments=1 if how == "maximum" else 8), list[bytes]()
    thread = in_background(host, name, b"0", results)
    assert eventually(lambda: running(workshop) == 1)
    with pytest.raises(InvokeRefusedError) as refusal:
        host.invoke(name, b"1")
    assert (refusal.value.code, refusal.value.status) == ("TooManyRequestsException", 429)
    (workshop.root / "go").touch()
    thread.join()
    assert host.invoke(name, b"2").payload == results[0]


def test_an_edited_handler_is_used_at_the_next_call(workshop: Workshop) -> None:
    name = workshop.function("edited", "def handler(event, context): return 'before'")
    host = workshop.host()
    assert host.invoke(name, b"{}").payload == b'"before"'
    workshop.source("edited").write_text("def handler(event, context): return 'and after'")
    assert host.invoke(name, b"{}").payload == b'"and after"'


def test_an_edited_catalog_or_a_new_module_renews_the_process_too(workshop: Workshop) -> None:
    name = workshop.function("who", WHO)
    host, seen = workshop.host(), list[bytes]()
    (workshop.root / "catalog" / "prompts").mkdir(parents=True)
    for change in ("catalog/compiled.json", "catalog/prompts/a.md", "app/other.py"):
        (workshop.root / change).write_text("")
        seen.append(host.invoke(name, b"{}").payload)
        assert host.invoke(name, b"{}").payload == seen[-1]
    assert len(set(seen)) == 3


def test_a_file_outside_the_source_does_not_renew_the_process(workshop: Workshop) -> None:
    name = workshop.function("who", WHO)
    host = workshop.host()
    before = host.invoke(name, b"{}").payload
    (workshop.root / "notes.py").write_text("1")
    (workshop.root / "app" / "readme.txt").write_text("1")
    assert host.invoke(name, b"{}").payload == before


def test_a_busy_process_finishes_its_call_before_it_is_renewed(workshop: Workshop) -> None:
    name = workshop.function("busy", BUSY)
    host, results = workshop.host(), list[bytes]()
    thread = in_background(host, name, b"0", results)
    assert eventually(lambda: running(workshop) == 1)
    workshop.source("busy").write_text("def handler(event, context): return 'new'")
    assert host.invoke(name, b"1").payload == b'"new"'
    (workshop.root / "go").touch()
    thread.join()
    old = json.loads(results[0])
    assert eventually(lambda: not is_running(old))
    assert host.invoke(name, b"2").payload == b'"new"'


def test_an_idle_process_ends(workshop: Workshop) -> None:
    name = workshop.function("who", WHO)
    process = json.loads(workshop.host(idle_seconds=0.05).invoke(name, b"{}").payload)
    assert eventually(lambda: not is_running(process))


def test_a_prepared_function_answers_its_first_call_from_that_process(workshop: Workshop) -> None:
    name = workshop.function("who", "import os\nprint('made', os.getpid())\n" + WHO)
    host = workshop.host()
    host.prepare(name)
    host.prepare(name)
    process = json.loads(host.invoke(name, b"{}").payload)
    assert eventually(lambda: [line for line in workshop.lines if "made" in line] == [f"Who | made {process}"])


def test_close_ends_idle_and_busy_processes_and_what_they_started(workshop: Workshop) -> None:
    code = """
    import os, pathlib, subprocess, time
    def handler(event, context):
        child = subprocess.Popen(["sleep", "600"])
        pathlib.Path("running-0").write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)
    """
    busy, who = workshop.function("parent", code, Timeout=600), workshop.function("who", WHO)
    host, results = workshop.host(), list[bytes]()
    idle = json.loads(host.invoke(who, b"{}").payload)
    thread = in_background(host, busy, b"0", results)
    assert eventually(lambda: running(workshop) == 1 and bool((workshop.root / "running-0").read_text()))
    processes = [idle, *map(int, (workshop.root / "running-0").read_text().split())]
    host.close()
    thread.join()
    assert eventually(lambda: not any(is_running(process) for process in processes))
    assert json.loads(results[0])["errorType"] == "Runtime.Shutdown"
    assert not workshop.logged("Traceback")
    host.close()  # twice is fine


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_host_s_own(tmp_path: Path, number: signal.Signals) -> None:
    """Even where nobody had a chance to close anything, and the function takes no hints."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(
        [sys.executable, "-c", ABANDONED_HOST, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.send_signal(number)
        parent.wait()
        assert eventually(lambda: not is_running(child))
