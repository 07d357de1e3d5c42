"""A layer of third-party packages for Lambda's arm64, laid out by pip from a list of pinned versions."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.components.built_asset import ROOT, built_code
from stacks.components.bytecode import LAMBDA_PYTHON, BuildError

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
                build=lambda folder: install_packages(requirements, folder),
            ),
        )


def layer_fingerprint(requirements: str) -> str:
    """Pinned versions decide the content: comments and blank lines do not count."""
    pins = sorted(line.strip() for line in requirements.splitlines() if line.strip() and not line.startswith("#"))
    return hashlib.sha256("\n".join((f"python{LAMBDA_PYTHON}", *_PLATFORMS, *pins)).encode()).hexdigest()


def install_packages(requirements: Path, folder: Path) -> None:
    """Lay the packages under `folder/python`, which Lambda puts on sys.path; raises BuildError with pip's last line."""
    target = folder / "python"
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile",
        "--requirement", str(requirements), "--target", str(target), "--implementation", "cp",
        "--python-version", LAMBDA_PYTHON, "--only-binary=:all:",
    ]  # fmt: skip
    for platform in _PLATFORMS:
        command += ["--platform", platform]
    # pip's words on stdout would end up in what the CDK CLI reads from the app
    result = subprocess.run(command, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        reason = [line for line in result.stderr.splitlines() if line.startswith("ERROR")] or [result.stderr.strip()]
        raise BuildError(f"pip could not build the layer of {requirements.name}: {reason[-1]}")
    shutil.rmtree(target / "bin", ignore_errors=True)  # console scripts with this machine's paths
