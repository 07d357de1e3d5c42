"""One local stack for all end-to-end tests of a run, used as a new user would: over HTTP and with SDKs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.e2e.api import call

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240


@dataclass(frozen=True)
class RunningStack:
    api_url: str
    aws_url: str
    key: str
    outputs: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes]

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.aws_url)

    def environment(self) -> dict[str, str]:
        """For programs that know nothing of a local stack: the variables that `make up` prints."""
        return {**os.environ, "AWS_ENDPOINT_URL": self.aws_url}


def start_stack(folder: Path, *arguments: str, root: Path = ROOT) -> RunningStack:
    """Start `python -m local up` of the project at `root` on free ports and wait until it says that it is ready."""
    ready, log = folder / "ready.json", folder / "stack.log"
    command = [sys.executable, "-m", "local", "up", "--port", "0", "--aws-port", "0", "--ready-file", str(ready)]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, *arguments], cwd=root, stdout=output, stderr=subprocess.STDOUT)
    end = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            pytest.fail(f"the local stack did not start:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
    values = json.loads(ready.read_text())
    return RunningStack(values["api_url"], values["aws_url"], values["key"], values["outputs"], log, process)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    running = start_stack(tmp_path_factory.mktemp("stack"), "--time-scale", "20")
    yield running
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=20) == 0


@pytest.fixture(scope="session")
def breaking_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of its own, with faults on demand and fast workflow retries."""
    folder = tmp_path_factory.mktemp("faults")
    rules = folder / "rules.json"
    rules.write_text(json.dumps({"kind": "throttle", "operation": "ConverseStream", "count": 1}))
    running = start_stack(folder, "--time-scale", "60", "--faults", str(rules))
    # meets the rule that was there from the start, before any test takes the rules away
    assert call(running.api_url, "POST", "/chat", {"message": "Hello"}, key=running.key).status == 200
    yield running
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=20) == 0
    # a function's own traceback has its name in front
    assert not [line for line in running.log.read_text().splitlines() if line.startswith("Traceback")]
