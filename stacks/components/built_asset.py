"""A Lambda asset that is built by our own code at synth, without Docker, once for each content."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.components.bytecode import BuildError, compile_tree, compiler_for_lambda

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / ".build/assets"


@jsii.implements(cdk.ILocalBundling)
class _CopyOf:
    """Hands CDK a folder that is already built: a failing build is then a Python error, not one inside jsii."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage | None = None, **_options: Any) -> bool:
        if self._folder is None:
            return False
        shutil.copytree(self._folder, output_dir, dirs_exist_ok=True)
        return True


def built_code(
    scope: Construct, *, source: Path, fingerprint: str, deployed_as: str, build: Callable[[Path], None]
) -> lambda_.Code:
    """Code that `build` writes into the folder it is given, compiled for Lambda's Python. `fingerprint` (hex) stands
    for the content. Where bundling is switched off (local runs, tests) nothing is built, and the asset is `source`."""
    folder = _built(fingerprint, deployed_as, build) if cdk.Stack.of(scope).bundling_required else None
    return lambda_.Code.from_asset(
        str(source),
        asset_hash=fingerprint if folder is None else folder.name,
        asset_hash_type=cdk.AssetHashType.CUSTOM,
        bundling=cdk.BundlingOptions(image=cdk.DockerImage.from_registry("unused"), local=_CopyOf(folder)),
    )


def _built(fingerprint: str, deployed_as: str, build: Callable[[Path], None]) -> Path:
    """The folder with the built content; kept in `.build`, because a layer takes long and rarely changes."""
    python = compiler_for_lambda(ROOT)
    folder = BUILT / (fingerprint if python else f"{fingerprint}-slow")
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        content = Path(scratch) / "content"
        content.mkdir()
        build(content)
        if not any(content.iterdir()):
            raise BuildError(f"the asset for {deployed_as} came out empty")
        if python:
            compile_tree(content, python=python, deployed_as=deployed_as)
        content.rename(folder)
    return folder
