"""AWS::Bedrock::Guardrail and GuardrailVersion: they get ids, and their policies are kept to be enforced locally."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from local.cloud.seams.resource_types import Created, Creation, add_type

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_DRAFT = "DRAFT"


@dataclass(slots=True)
class DeployedGuardrail:
    """A guardrail of the deployment; `versions` maps `DRAFT` and each published number to its properties."""

    guardrail_id: str
    arn: str
    versions: dict[str, Mapping[str, Any]] = field(default_factory=dict)


_guardrails: dict[str, DeployedGuardrail] = {}


def find_guardrail(identifier: str) -> DeployedGuardrail | None:
    """The deployed guardrail with this id or ARN."""
    return _guardrails.get(identifier.rsplit("/", 1)[-1])


def _create_guardrail(creation: Creation) -> Created:
    guardrail_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    arn = f"arn:aws:bedrock:{creation.region}:{creation.account}:guardrail/{guardrail_id}"
    _guardrails[guardrail_id] = DeployedGuardrail(guardrail_id, arn, {_DRAFT: creation.properties})
    attributes = {"GuardrailId": guardrail_id, "GuardrailArn": arn, "Version": _DRAFT, "Status": "READY"}
    return Created(ref=arn, attributes=attributes)


def _create_version(creation: Creation) -> Created:
    identifier = str(creation.properties["GuardrailIdentifier"])
    guardrail = find_guardrail(identifier)
    if guardrail is None:
        raise ValueError(f"the guardrail {identifier} does not exist")
    version = str(len(guardrail.versions))
    guardrail.versions[version] = guardrail.versions[_DRAFT]
    attributes = {"Version": version, "GuardrailId": guardrail.guardrail_id, "GuardrailArn": guardrail.arn}
    return Created(ref=f"{guardrail.guardrail_id}|{version}", attributes=attributes)


@cache
def install() -> None:
    """Add both types."""
    add_type(
        "AWS::Bedrock::Guardrail",
        _create_guardrail,
        attributes=frozenset({"GuardrailId", "GuardrailArn", "Version", "Status"}),
    )
    add_type(
        "AWS::Bedrock::GuardrailVersion",
        _create_version,
        attributes=frozenset({"Version", "GuardrailId", "GuardrailArn"}),
    )
