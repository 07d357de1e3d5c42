"""Deploys a cloud assembly into the local cloud by CloudFormation, stack after stack, and tells what came out."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import clean_json

from local.assembly import Assembly, StackArtifact, read_assembly
from local.cloud import bootstrap
from local.cloud.seams.policy_types import REMOVED_TYPES
from local.cloud.seams.resource_types import known_types
from local.cloud.seams.templates import ResourceFailedError
from local.cloud.server import Cloud
from local.cloud.stack_references import MissingOutputError, resolve_stack_outputs
from local.deployment import DeployedResource, Deployment

# Outputs that CDK adds for references between stacks; each stack has its own of the same name.
_PLUMBING = ("PublishOutput", "ExportsOutput")


class DeploymentFailedError(RuntimeError):
    """The template cannot be deployed here; the message is one line that names the stack and the resource."""


def deploy(assembly_dir: Path, cloud: Cloud) -> Deployment:
    """Deploy every stack of the assembly; raises `DeploymentFailedError`."""
    assembly = read_assembly(assembly_dir, account=cloud.account, region=cloud.region)
    _refuse_unknown_types(assembly)
    bootstrap.bootstrap(cloud)
    bootstrap.publish(assembly.assets, cloud)
    outputs: dict[str, dict[str, str]] = {}
    resources: list[DeployedResource] = []
    for artifact in assembly.stacks:
        stack = _create(artifact, outputs, cloud)
        outputs[artifact.name] = {output["OutputKey"]: str(output["OutputValue"]) for output in stack.outputs or []}
        resources += _resources_of(stack)
    merged = {
        name: value
        for of_stack in outputs.values()
        for name, value in of_stack.items()
        if not name.startswith(_PLUMBING)
    }
    return Deployment(
        resources=tuple(resources),
        outputs=merged,
        asset_roots=bootstrap.asset_roots(assembly.assets),
        account=cloud.account,
        region=cloud.region,
    )


def _refuse_unknown_types(assembly: Assembly) -> None:
    known = known_types() | frozenset(REMOVED_TYPES)
    for artifact in assembly.stacks:
        for logical_id, resource in artifact.template.get("Resources", {}).items():
            if resource["Type"] not in known:
                raise DeploymentFailedError(
                    f"{artifact.name}: {logical_id} is a {resource['Type']}, which the local cloud does not have"
                )


def _create(artifact: StackArtifact, outputs: Mapping[str, Mapping[str, str]], cloud: Cloud) -> Any:
    try:
        template = _deployable(artifact.template, outputs)
        backend = cloudformation_backends[cloud.account][cloud.region]
        return backend.create_stack(artifact.name, json.dumps(template), {}, tags=artifact.tags)
    except (ResourceFailedError, MissingOutputError) as error:
        raise DeploymentFailedError(f"{artifact.name}: {_one_line(error)}") from error
    except Exception as error:
        raise DeploymentFailedError(f"{artifact.name}: {_one_line(error) or type(error).__name__}") from error


def _deployable(template: Mapping[str, Any], outputs: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Weak references resolved; types without effect and the rules that only AWS evaluates left out."""
    resolved: dict[str, Any] = resolve_stack_outputs(copy.deepcopy(dict(template)), outputs)
    resolved.pop("Rules", None)
    resources = resolved["Resources"]
    for logical_id in [name for name, resource in resources.items() if resource["Type"] in REMOVED_TYPES]:
        del resources[logical_id]
    for resource in resources.values():
        if "DependsOn" in resource:
            wanted = resource["DependsOn"]
            wanted = [wanted] if isinstance(wanted, str) else wanted
            resource["DependsOn"] = [name for name in wanted if name in resources]
    return resolved


def _resources_of(stack: Any) -> list[DeployedResource]:
    deployed = []
    for logical_id, resource in stack.template_dict["Resources"].items():
        instance = stack.resource_map[logical_id]
        if instance is None:  # its condition is false
            continue
        properties = clean_json(copy.deepcopy(resource.get("Properties", {})), stack.resource_map)
        deployed.append(
            DeployedResource(
                stack=stack.name,
                logical_id=logical_id,
                type=resource["Type"],
                physical_id=str(getattr(instance, "physical_resource_id", logical_id)),
                properties=_plain(properties, f"{stack.name}: {logical_id}"),
            )
        )
    return deployed


def _plain(properties: Any, name: str) -> dict[str, Any]:
    """A JSON value of its own; moto puts its own object where it knows no id for a `Ref`."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(_without_no_value(properties)))
    except TypeError as error:
        raise DeploymentFailedError(f"{name} refers to a resource without an id: {error}") from error
    return plain


def _without_no_value(value: Any) -> Any:
    """`AWS::NoValue` removes its item; moto leaves None in lists."""
    if isinstance(value, list):
        return [_without_no_value(item) for item in value if item is not None]
    if isinstance(value, dict):
        return {name: _without_no_value(item) for name, item in value.items() if item is not None}
    return value


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 400 else text[:400] + " ..."
