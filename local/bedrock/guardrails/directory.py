"""Finds a guardrail's version among those that were deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from local.bedrock.errors import ResourceNotFoundError, ValidationError
from local.bedrock.guardrails.policy import Policy, read_policy

Found = tuple[int, Policy]


class Deployed(Protocol):
    """A deployed guardrail; `versions` maps `DRAFT` and each published number to its properties."""

    guardrail_id: str
    arn: str
    versions: dict[str, Mapping[str, Any]]


class GuardrailDirectory:
    """Guardrails by id or ARN and version. A policy is read once, until its properties are replaced."""

    def __init__(self, find: Callable[[str], Deployed | None]) -> None:
        self._find = find
        self._read: dict[tuple[str, str], Found] = {}

    def policy(self, identifier: str, version: str) -> Policy:
        """Raises `ValidationError` without a version, `ResourceNotFoundError` for what was never deployed."""
        if not identifier or not version:
            raise ValidationError("The guardrail identifier and the guardrail version must be provided together.")
        deployed = self._find(identifier)
        properties = deployed.versions.get(version) if deployed else None
        if deployed is None or properties is None:
            raise ResourceNotFoundError(
                "The guardrail identifier or version provided in the request does not exist. "
                f"(guardrail {identifier}, version {version})"
            )
        key = (deployed.guardrail_id, version)
        known = self._read.get(key)
        if known is None or known[0] != id(properties):
            policy = read_policy(properties, guardrail_id=deployed.guardrail_id, arn=deployed.arn, version=version)
            known = self._read[key] = (id(properties), policy)
        return known[1]
