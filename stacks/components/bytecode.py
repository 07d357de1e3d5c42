"""Compiles what goes to Lambda to .pyc for Lambda's own Python; without it a cold start takes about twice as long."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

LAMBDA_PYTHON = "3.14"
UV = "uv==0.13.8"
SLOW_START = "ALLOW_SLOW_START"


class BuildError(Exception):
    """An asset cannot be built on this machine; the message is one line with the remedy."""


def compile_tree(folder: Path, *, python: Path, deployed_as: str) -> None:
    """Put an unchecked-hash .pyc beside every module of `folder`: CDK's zip resets modification times, so .pyc files
    that are checked by time would all be stale. `deployed_as` is where Lambda sees the folder; tracebacks name it."""
    command = [
        str(python), "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash",
        "-s", str(folder), "-p", deployed_as, str(folder),
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BuildError(f"{python} could not compile {folder}: {_last_line(result.stdout + result.stderr)}")


def compiler_for_lambda(root: Path, environ: Mapping[str, str] = os.environ) -> Path | None:
    """A Python of Lambda's minor version: found on this machine, or fetched into `.build` by a pinned uv. None if there
    is none and ALLOW_SLOW_START=1 says that this is fine; else BuildError."""
    for candidate in _candidates(root):
        if _version_of(candidate) == LAMBDA_PYTHON:
            return candidate
    if environ.get(SLOW_START) == "1":
        return None
    fetched = _fetch(root)
    if _version_of(fetched) == LAMBDA_PYTHON:
        return fetched
    raise BuildError(
        f"no Python {LAMBDA_PYTHON} to compile the functions with: install one (it need not be the one that runs CDK), "
        f"or deploy with {SLOW_START}=1 and accept cold starts that take twice as long"
    )


def _candidates(root: Path) -> Iterator[Path]:
    yield Path(sys.executable)
    for name in (f"python{LAMBDA_PYTHON}", "python3"):
        if found := shutil.which(name):
            yield Path(found)
    yield from sorted((root / ".build/python").glob("*/bin/python3"))


@cache
def _version_of(python: Path) -> str | None:
    """Asks the program itself: a name on PATH may be a shim of a version that is not installed."""
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([str(python), "-c", question], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


@cache
def _fetch(root: Path) -> Path:
    tools, pythons = root / ".build/tools", root / ".build/python"
    print(f"Fetching Python {LAMBDA_PYTHON} to compile the functions (once, by {UV}) ...", file=sys.stderr)  # noqa: T201
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
    steps = (
        [*pip, "--target", str(tools), UV],
        [str(tools / "bin/uv"), "python", "install", "--quiet", "--install-dir", str(pythons), LAMBDA_PYTHON],
    )
    for step in steps:
        try:
            subprocess.run(step, stdout=sys.stderr, stderr=subprocess.PIPE, timeout=600, check=True)
        except (OSError, subprocess.SubprocessError):
            return Path()
    return next(iter(sorted(pythons.glob("*/bin/python3"))), Path())


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1] if lines else "no reason was given"
