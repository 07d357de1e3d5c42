"""Reads a CDK cloud assembly: the stacks in the order of their dependencies, and the assets that they use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any


class AssemblyError(RuntimeError):
    """The folder holds no cloud assembly that can be deployed."""


@dataclass(frozen=True, slots=True)
class StackArtifact:
    """A stack: its name in the account and its template as synthesized."""

    name: str
    template: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file or folder that deploying uploads to `bucket`/`object_key`; `source` is absolute."""

    bucket: str
    object_key: str
    source: Path


@dataclass(frozen=True, slots=True)
class Assembly:
    """Everything that a deploy needs."""

    stacks: tuple[StackArtifact, ...]
    assets: tuple[Asset, ...]


def read_assembly(directory: Path, *, account: str, region: str) -> Assembly:
    """Read `manifest.json` and what it names; raises `AssemblyError`."""
    try:
        manifest = _json(directory / "manifest.json")
    except (OSError, ValueError) as error:
        raise AssemblyError(f"{directory} holds no cloud assembly: {error}") from error
    artifacts = manifest.get("artifacts", {})
    stacks = tuple(
        _stack(directory, artifact)
        for artifact in (artifacts[name] for name in _order(artifacts))
        if artifact["type"] == "aws:cloudformation:stack"
    )
    if not stacks:
        raise AssemblyError(f"{directory} holds no stack")
    places = {"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": "aws"}
    assets = {
        (asset.bucket, asset.object_key): asset
        for artifact in artifacts.values()
        if artifact["type"] == "cdk:asset-manifest"
        for asset in _assets(directory, artifact["properties"]["file"], places)
    }
    return Assembly(stacks=stacks, assets=tuple(assets.values()))


def _order(artifacts: Mapping[str, Any]) -> list[str]:
    wanted = {
        name: [other for other in artifact.get("dependencies", []) if other in artifacts]
        for name, artifact in artifacts.items()
    }
    return list(TopologicalSorter(wanted).static_order())


def _stack(directory: Path, artifact: Mapping[str, Any]) -> StackArtifact:
    properties = artifact["properties"]
    template_file = directory / properties["templateFile"]
    name = properties.get("stackName") or template_file.name.removesuffix(".template.json")
    return StackArtifact(name=name, template=_json(template_file), tags=properties.get("tags", {}))


def _assets(directory: Path, manifest_file: str, places: Mapping[str, str]) -> list[Asset]:
    assets = []
    for entry in _json(directory / manifest_file).get("files", {}).values():
        source = (directory / entry["source"]["path"]).resolve()
        for destination in entry["destinations"].values():
            bucket = destination["bucketName"]
            for name, value in places.items():
                bucket = bucket.replace(f"${{{name}}}", value)
            assets.append(Asset(bucket=bucket, object_key=destination["objectKey"], source=source))
    return assets


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
