"""What the probes of the local cloud share: assemblies on disk, scripted functions, waiting, running workflows."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.cloud import ACCOUNT, REGION, Cloud
from local.cloud.bootstrap import empty_zip

ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/probe"


@dataclass(frozen=True)
class Answer:
    payload: bytes
    error: str | None = None


@dataclass
class ScriptedFunctions:
    """Functions as plain Python callables; an exception becomes Lambda's error object, by its class name."""

    scripts: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def invoke(self, function_name: str, payload: bytes) -> Answer:
        event = json.loads(payload)
        self.calls.append((function_name, event))
        script = self.scripts.get(function_name, lambda value: {"echo": value})
        try:
            return Answer(json.dumps(script(event)).encode())
        except Exception as error:
            return Answer(
                json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode(), "Unhandled"
            )

    def events_of(self, function_name: str) -> list[Any]:
        return [event for name, event in self.calls if name == function_name]


def create_function(cloud: Cloud, name: str) -> str:
    """A function that the Lambda API knows; returns its ARN."""
    iam = cloud.client("iam")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="probe", AssumeRolePolicyDocument="{}")
    client = cloud.client("lambda")
    arn: str = client.create_function(
        FunctionName=name, Runtime="python3.13", Role=ROLE_ARN, Handler="h.h", Code={"ZipFile": empty_zip()}
    )["FunctionArn"]
    return arn


def until(condition: Callable[[], Any], *, seconds: float = 10) -> Any:
    """The first true value of `condition`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return value


def write_assembly(directory: Path, stacks: Mapping[str, Mapping[str, Any]], **dependencies: list[str]) -> Path:
    """A cloud assembly of these templates; `dependencies` maps a stack to those that it needs."""
    directory.mkdir(parents=True, exist_ok=True)
    artifacts: dict[str, Any] = {}
    for name, template in stacks.items():
        (directory / f"{name}.template.json").write_text(json.dumps(template))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json"},
            "dependencies": dependencies.get(name, []),
        }
    (directory / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    return directory


def add_asset(directory: Path, *, source: Path, object_key: str) -> None:
    """Add an asset to the assembly."""
    manifest = json.loads((directory / "manifest.json").read_text())
    bucket = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
    place = {"bucketName": bucket, "objectKey": object_key}
    files = {object_key: {"source": {"path": str(source)}, "destinations": {"here": place}}}
    (directory / f"{object_key}.assets.json").write_text(json.dumps({"files": files}))
    manifest["artifacts"][f"{object_key}.assets"] = {
        "type": "cdk:asset-manifest",
        "properties": {"file": f"{object_key}.assets.json"},
    }
    (directory / "manifest.json").write_text(json.dumps(manifest))


def start(cloud: Cloud, name: str, definition: Mapping[str, Any], data: Any = None) -> str:
    """Create a machine and start it; returns the execution's ARN."""
    client = cloud.client("stepfunctions")
    machine = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE_ARN)
    arn: str = client.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(data or {}))[
        "executionArn"
    ]
    return arn


def finish(cloud: Cloud, execution: str, *, seconds: float = 20) -> dict[str, Any]:
    """Wait for the end of an execution; `output` is decoded."""
    client = cloud.client("stepfunctions")

    def ended() -> Any:
        described = client.describe_execution(executionArn=execution)
        return described if described["status"] != "RUNNING" else None

    described: dict[str, Any] = until(ended, seconds=seconds)
    if "output" in described:
        described["output"] = json.loads(described["output"])
    return described


def run(cloud: Cloud, name: str, definition: Mapping[str, Any], data: Any = None) -> dict[str, Any]:
    """Create, start and wait."""
    return finish(cloud, start(cloud, name, definition, data))


def single(state: Mapping[str, Any]) -> dict[str, Any]:
    """A machine of one state."""
    return {"StartAt": "Only", "States": {"Only": {**state, "End": True}}}


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
