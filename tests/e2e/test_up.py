"""`python -m local up` as a program: busy ports, signals, processes, edits while it runs."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

from tests.e2e.api import call, wait_for
from tests.e2e.conftest import ROOT, RunningStack, start_stack


def descendants(pid: int) -> set[int]:
    """Every process below `pid`, by the kernel's own table."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = set(), [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found.update(below)
        todo += below
    return found


def running(pids: set[int]) -> set[int]:
    return {pid for pid in pids if (Path("/proc") / str(pid)).exists()}


def test_a_busy_port_gets_one_clear_line(stack: RunningStack) -> None:
    port = str(urllib.parse.urlsplit(stack.api_url).port)
    done = subprocess.run(
        [sys.executable, "-m", "local", "up", "--port", port, "--aws-port", "0"],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and port in lines[0] and "in use" in lines[0]


@pytest.fixture(scope="module")
def copied_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to edit: the sources under test are never touched."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("app.py", "cdk.json", "requirements.txt"):
        shutil.copy2(ROOT / name, copy / name)
    for name in ("stacks", "lambdas", "statemachines", "catalog", "local", "ops", "examples"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def stop(started: RunningStack, number: signal.Signals) -> None:
    """Send the signal; the stack and everything below it must be gone, without noise."""
    processes = descendants(started.process.pid)
    assert processes
    started.process.send_signal(number)
    assert started.process.wait(timeout=20) == 0
    wait_for(lambda: not running(processes), what="all processes to end", seconds=10)
    assert "Traceback" not in started.log.read_text()


def test_sigterm_stops_every_process(tmp_path: Path) -> None:
    started = start_stack(tmp_path)
    assert call(started.api_url, "POST", "/chat", {"message": "Hello."}, key=started.key).status == 200
    stop(started, signal.SIGTERM)


def test_an_edited_handler_is_used_at_the_next_call_and_ctrl_c_stops(copied_project: Path, tmp_path: Path) -> None:
    started = start_stack(tmp_path, root=copied_project)
    assert call(started.api_url, "GET", "/conversations", key=started.key).status == 200
    handler = copied_project / "lambdas" / "chat" / "conversations_handler.py"
    edit = "\n\ndef handler(event, context):\n    return {'statusCode': 299, 'body': 'edited'}\n"
    handler.write_text(handler.read_text() + edit)
    assert call(started.api_url, "GET", "/conversations", key=started.key).status == 299
    stop(started, signal.SIGINT)
