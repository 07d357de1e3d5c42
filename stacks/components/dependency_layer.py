"""A layer of third-party packages for Lambda's arm64, laid out by pip from a list of pinned versions."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.components.built_asset import ROOT, built_code
from stacks.components.bytecode import LAMBDA_PYTHON, BuildError
from stacks.components.layer_trimming import trim, trimming_fingerprint

_PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_28_aarch64")


class DependencyLayer(lambda_.LayerVersion):
    """`stacks/layers/<name>.txt` as a layer. Every stack makes a version of its own from the same asset: a version's
    ARN that one stack exports and another imports could never change again."""

    def __init__(self, scope: Construct, *, name: str) -> None:
        requirements = ROOT / "stacks/layers" / f"{name}.txt"
        super().__init__(
            scope,
            f"{name.capitalize()}Layer",
            description=f"Quarry: the packages of stacks/layers/{name}.txt",
            compatible_architectures=[lambda_.Architecture.ARM_64],
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_14],
            code=built_code(
                scope,
                source=requirements.parent,
                fingerprint=layer_fingerprint(requirements.read_text(encoding="utf-8")),
                deployed_as="/opt",
                build=lambda folder: build_layer(requirements, folder),
            ),
        )


def layer_fingerprint(requirements: str) -> str:
    """Pinned versions and what is cut decide the content: comments and blank lines do not count."""
    pins = sorted(line.strip() for line in requirements.splitlines() if line.strip() and not line.startswith("#"))
    content = "\n".join((f"python{LAMBDA_PYTHON}", *_PLATFORMS, trimming_fingerprint(), *pins))
    return hashlib.sha256(content.encode()).hexdigest()


def build_layer(requirements: Path, folder: Path, *, for_this_machine: bool = False) -> None:
    """Lay the packages under `folder/python`, which Lambda puts on sys.path, and cut them down to what is used.
    `for_this_machine` makes the same layer for the Python that runs here: benchmarks and tests measure what ships."""
    platform = [] if for_this_machine else ["--implementation", "cp", "--python-version", LAMBDA_PYTHON]
    for name in () if for_this_machine else _PLATFORMS:
        platform += ["--platform", name]
    install_packages(requirements, folder / "python", platform)
    trim(folder / "python")


def install_packages(requirements: Path, target: Path, platform: Sequence[str]) -> None:
    """`pip install` into `target`; raises BuildError with pip's last line."""
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile",
        "--requirement", str(requirements), "--target", str(target), "--only-binary=:all:",
        "--require-hashes", *platform,
    ]  # fmt: skip
    # pip's words on stdout would end up in what the CDK CLI reads from the app
    result = subprocess.run(command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        reason = [line for line in result.stderr.splitlines() if line.startswith("ERROR")] or [result.stderr.strip()]
        raise BuildError(f"pip could not build the layer of {requirements.name}: {reason[-1]}")
    shutil.rmtree(target / "bin", ignore_errors=True)  # console scripts with this machine's paths
