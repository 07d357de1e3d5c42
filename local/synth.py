"""Synthesizes the project's templates for this machine: without bundling, once for every state of its inputs."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Unbundled and unstaged, an asset's source is the absolute folder in the tree: functions run from there.
_CONTEXT = {
    "aws:cdk:bundling-stacks": [],
    "aws:cdk:disable-asset-staging": True,
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:version-reporting": False,
}
_SECURITY_RULES = "quarry:security-rules"
_FILES = ("app.py", "cdk.json", "cdk.context.json", "requirements.txt")
_FOLDERS = ("stacks", "statemachines", "catalog")
_GENERATED = ("catalog/compiled.json",)
_ERROR_LINE = re.compile(r"^(?:[\w.]+(?:Error|Exception)|error)\b.*: ?.+", re.IGNORECASE)
# a broken rule, the construct that breaks it, and the id to answer it by
_FINDING = re.compile(r"^(?:ERROR|WARNING) .+(?:\n   .+)+", re.MULTILINE)
_TIMEOUT_SECONDS = 300


class SynthError(RuntimeError):
    """The app could not be synthesized; the message is the app's own error line."""


def synthesize(root: Path, *, log: Callable[[str], None], checked: bool = False) -> Path:
    """The cloud assembly of the project at `root` (`.build/cdk.out`), made anew only when an input changed, or when it
    shall be `checked` against the security rules and was not: to start locally does not wait for them.

    Several processes may ask at once: one synthesizes, the others wait. Raises `SynthError`.
    """
    build = root / ".build"
    build.mkdir(exist_ok=True)
    with _locked(build / "synth.lock"):
        output, stamp = build / "cdk.out", build / "synth.sha256"
        inputs = fingerprint(root)
        state = f"{inputs} checked" if checked else inputs
        if (output / "manifest.json").is_file() and stamp.is_file() and stamp.read_text().startswith(state):
            return output
        log("synthesizing the templates (once for every change of the app) ...")
        stamp.unlink(missing_ok=True)
        shutil.rmtree(output, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="cdk.", dir=build) as scratch:
            made = Path(scratch) / "out"
            _run_app(root, made, checked=checked)
            made.rename(output)
        stamp.write_text(state)
        return output


def fingerprint(root: Path) -> str:
    """SHA-256 of everything that the templates are made of; of the handlers only the names, for they run in place."""
    digest = hashlib.sha256()
    versions = (sys.version, importlib.metadata.version("aws-cdk-lib"), str(root), json.dumps(_CONTEXT))
    for text in versions:
        digest.update(text.encode() + b"\0")
    for path in sorted(_inputs(root)):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for path in sorted((root / "lambdas").glob("*/*_handler.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
    return digest.hexdigest()


def _inputs(root: Path) -> Iterator[Path]:
    generated = {root / name for name in _GENERATED}
    yield from (path for path in (root / name for name in _FILES) if path.is_file())
    for folder in _FOLDERS:
        for path in (root / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path not in generated:
                yield path


def _run_app(root: Path, output: Path, *, checked: bool) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "app.py"],
            cwd=root,
            env=_environment(output, checked=checked),
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise SynthError(f"app.py did not end within {_TIMEOUT_SECONDS} seconds") from error
    if done.returncode != 0:
        if findings := _FINDING.findall(done.stdout + done.stderr):
            raise SynthError("\n".join(findings))
        raise SynthError(_error_line(done.stderr) or _error_line(done.stdout) or f"app.py ended with {done.returncode}")
    if not (output / "manifest.json").is_file():
        raise SynthError("app.py made no cloud assembly (does it call app.synth()?)")


def _environment(output: Path, *, checked: bool) -> dict[str, str]:
    """jsii finds node in the interpreter's own folder; nothing of the caller's AWS settings may leak in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    binaries = str(Path(sys.executable).parent)
    return {
        **kept,
        "PATH": binaries + os.pathsep + kept.get("PATH", os.defpath),
        "CDK_OUTDIR": str(output),
        "CDK_CONTEXT_JSON": json.dumps({**_CONTEXT, _SECURITY_RULES: checked}),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    }


def _error_line(text: str) -> str:
    """The last line that names an error (a traceback ends with it), else the last line at all."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR_LINE.match(line)]
    return (errors or lines or [""])[-1]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
