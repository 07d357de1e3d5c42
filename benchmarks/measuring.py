"""Runs subjects in processes of their own, interleaved and pinned to a CPU, and turns what they say into a table."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.function_environment import function_environment
from benchmarks.host_twin import ROOT, HostTwin

BENCH_PYTHON = ROOT / ".build/bench-venv/bin/python"
_SUBJECT = ROOT / "benchmarks/subject.py"
_STUB = ROOT / "benchmarks/stub_server.py"
_FUNCTION = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_TRACE_DISABLED": "1",
    # in mode sync the guardrail holds back each piece until it has seen it, at Bedrock's end
    "GUARDRAIL_STREAM_MODE": "async",
}


@dataclass(frozen=True)
class Variant:
    """`subject` is a name that subject.py knows; `path` stands before everything else on sys.path."""

    title: str
    subject: str
    python: Path
    path: tuple[Path, ...]


def variants(twin: HostTwin) -> tuple[Variant, ...]:
    """What is compared; the first one is what the others are divided by."""
    here = Path(sys.executable)
    return (
        Variant("bare boto3", "bare", here, ()),
        Variant("Powertools + pydantic validation", "powertools", BENCH_PYTHON, ()),
        Variant("Quarry, untrimmed packages", "quarry", here, (ROOT,)),
        Variant("Quarry as shipped (trimmed layer)", "quarry", here, (twin.task, twin.layer)),
    )


@contextmanager
def stub(*, first_token_ms: float = 0) -> Iterator[str]:
    """A stub server on the last CPU; its URL."""
    command = [*_pinned(-1), sys.executable, str(_STUB), "--first-token-ms", str(first_token_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


class Subject:
    """A running subject.py on the first CPU; `start` is what it said about its own start."""

    def __init__(self, variant: Variant, mode: str, url: str) -> None:
        command = [*_pinned(0), str(variant.python), "-u", "-W", "ignore", str(_SUBJECT), variant.subject, mode]
        environment = {"PATH": os.environ["PATH"], **_settings(), **_FUNCTION, "AWS_ENDPOINT_URL": url}
        if variant.path:
            environment["PYTHONPATH"] = os.pathsep.join(map(str, variant.path))
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd="/"
        )
        self.start: Mapping[str, float] = self._read(variant.title)

    def ask(self, command: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._read(command)

    def close(self) -> None:
        self._process.communicate()

    def _read(self, what: str) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{what}: the subject ended with {self._process.wait()}")
        return json.loads(line)


def pairs(
    compared: Sequence[Variant], command: str, *, mode: str, url: str, rounds: int, each: int
) -> dict[Variant, dict[str, list[float]]]:
    """Microseconds of `rounds * each` calls per variant (`subject`) and of the bare call before each (`bare`), and
    the peak of the process's memory in MB (`memory`)."""
    measured = {variant: {"bare": [], "subject": [], "memory": []} for variant in compared}
    with ExitStack() as running:
        subjects = {}
        for variant in compared:
            subjects[variant] = subject = Subject(variant, mode, url)
            running.callback(subject.close)
            subject.ask(f"{command} {max(3, each // 2)}")
        for _ in range(rounds):
            for variant, subject in subjects.items():
                answer = subject.ask(f"{command} {each}")
                for name in ("bare", "subject"):
                    measured[variant][name] += [nanoseconds / 1000 for nanoseconds in answer[name]]
        for variant, subject in subjects.items():
            measured[variant]["memory"] = [subject.ask("memory")]
    return measured


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def middle(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def machine() -> str:
    """Where this ran, on one line."""
    cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if line.startswith("model name")), "unknown CPU")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} x {model}, {platform.platform()}, CPython {platform.python_version()}, load {load}"


@cache
def _settings() -> dict[str, str]:
    return function_environment(ROOT, "lambdas.chat.turn_handler.handler")


def _pinned(index: int) -> list[str]:
    return ["taskset", "-c", str(sorted(os.sched_getaffinity(0))[index])]
