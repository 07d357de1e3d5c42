"""A function as its template defines it: where its code is, how it is started, how long it may run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.deployment import DeployedResource, Deployment

_HASH_OF_LOGICAL_ID = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDefinition:
    """`label` is the short name for logs; `asset_root` is what Lambda mounts as /var/task."""

    name: str
    arn: str
    label: str
    handler: str
    asset_root: Path
    timeout_seconds: float
    memory_mb: int
    environment: Mapping[str, str]
    region: str
    reserved_concurrency: int | None = None


def read_definitions(deployment: Deployment) -> dict[str, FunctionDefinition]:
    """Function name -> definition, for every function whose asset runs from a folder of this machine."""
    found = (_definition(resource, deployment) for resource in deployment.of_type("AWS::Lambda::Function"))
    return {definition.name: definition for definition in found if definition is not None}


def _definition(resource: DeployedResource, deployment: Deployment) -> FunctionDefinition | None:
    properties = resource.properties
    asset_root = deployment.asset_roots.get(properties.get("Code", {}).get("S3Key", ""))
    if asset_root is None or not str(properties.get("Runtime", "python")).startswith("python"):
        return None
    reserved = properties.get("ReservedConcurrentExecutions")
    return FunctionDefinition(
        name=resource.physical_id,
        arn=f"arn:aws:lambda:{deployment.region}:{deployment.account}:function:{resource.physical_id}",
        label=_HASH_OF_LOGICAL_ID.sub("", resource.logical_id),
        handler=str(properties["Handler"]),
        asset_root=Path(asset_root).absolute(),
        # 3 seconds and 128 MB are Lambda's defaults
        timeout_seconds=float(properties.get("Timeout", 3)),
        memory_mb=int(properties.get("MemorySize", 128)),
        environment=_variables(properties),
        region=deployment.region,
        reserved_concurrency=None if reserved is None else int(reserved),
    )


def _variables(properties: Mapping[str, Any]) -> dict[str, str]:
    variables = {key: str(value) for key, value in properties.get("Environment", {}).get("Variables", {}).items()}
    logging = properties.get("LoggingConfig", {})
    if logging.get("LogFormat") == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = str(logging.get("ApplicationLogLevel", "INFO"))
    return variables
