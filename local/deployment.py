"""What was deployed locally: every resource of every stack, with its physical id and resolved properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DeployedResource:
    """One resource; `properties` are the template's with every intrinsic (Ref, GetAtt, Join, ...) resolved."""

    stack: str
    logical_id: str
    type: str
    physical_id: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deployment:
    """The result of deploying a cloud assembly. `asset_roots`: S3 object key -> folder the code runs from."""

    resources: tuple[DeployedResource, ...]
    outputs: Mapping[str, str]
    asset_roots: Mapping[str, Path]
    account: str
    region: str

    def of_type(self, resource_type: str) -> tuple[DeployedResource, ...]:
        """All resources of a CloudFormation type, e.g. `AWS::Lambda::Function`, in template order."""
        return tuple(resource for resource in self.resources if resource.type == resource_type)
