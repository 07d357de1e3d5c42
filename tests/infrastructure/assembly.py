"""A synthesized app as tests like to read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = {"aws:cdk:bundling-stacks": [], "aws:cdk:enable-path-metadata": True}


@dataclass(frozen=True)
class Resource:
    stack: str
    logical_id: str
    body: Mapping[str, Any]

    @property
    def type(self) -> str:
        return self.body["Type"]

    @property
    def properties(self) -> Mapping[str, Any]:
        return self.body.get("Properties", {})

    @property
    def path(self) -> str:
        """`ChatTurn` for `Quarry-Api/ChatTurn/Resource`."""
        return self.body["Metadata"]["aws:cdk:path"].split("/", 1)[1].removesuffix("/Resource")

    def __repr__(self) -> str:
        return f"{self.stack}/{self.logical_id}"


@dataclass(frozen=True)
class Assembly:
    folder: Path

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """By the stack's last word: storage, guardrail, api, summaries."""
        return {
            path.name.removesuffix(".template.json").rpartition("-")[2].lower(): json.loads(path.read_text())
            for path in sorted(self.folder.glob("*.template.json"))
        }

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        return tuple(
            Resource(stack, logical_id, body)
            for stack, template in self.templates.items()
            for logical_id, body in template["Resources"].items()
        )

    def of(self, *types: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type in types]

    def at(self, path: str) -> Resource:
        """The one resource at a construct path."""
        (found,) = [resource for resource in self.resources if resource.path == path]
        return found

    def functions(self) -> dict[str, Resource]:
        """Our functions by handler, `chat/turn`; not those that CDK brings along."""
        ours = [each for each in self.of("AWS::Lambda::Function") if each.properties["Handler"].startswith("lambdas.")]
        return {
            each.properties["Handler"].removeprefix("lambdas.").removesuffix("_handler.handler").replace(".", "/"): each
            for each in ours
        }

    def environment(self, handler: str) -> dict[str, Any]:
        return dict(self.functions()[handler].properties.get("Environment", {}).get("Variables", {}))


def cdk_json() -> dict[str, Any]:
    return json.loads((ROOT / "cdk.json").read_text())["context"]


def settings_with(**changes: Any) -> dict[str, Any]:
    """The settings of cdk.json with some of them replaced."""
    return {**deepcopy(cdk_json()["quarry"]), **changes}


def app_with(folder: Path, quarry: Any) -> Any:
    import aws_cdk as cdk

    context = {**cdk_json(), **CONTEXT, "quarry": quarry}
    return cdk.App(context=context, outdir=str(folder), analytics_reporting=False, tree_metadata=False)


def synthesize(folder: Path, quarry: Mapping[str, Any]) -> Assembly:
    import app as quarry_app

    app = app_with(folder, dict(quarry))
    quarry_app.build(app)
    app.synth()
    return Assembly(folder)


def nodes(value: Any) -> Iterator[Any]:
    """Every object and list within a template, the outermost first."""
    yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(child)


def text_of(value: Any) -> str:
    """An ARN or name with its intrinsic parts as `<LogicalId>`: enough to compare and to search in."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(text_of(each) for each in value)
    (name, argument), *rest = value.items()
    assert not rest, value
    if name == "Fn::Join":
        return argument[0].join(text_of(each) for each in argument[1])
    if name == "Fn::GetAtt":
        return f"<{argument[0]}>"
    if name == "Fn::GetStackOutput":
        return f"<{argument['OutputName']}>"
    if name == "Ref":
        return f"<{argument}>"
    return json.dumps(value)
