"""Evaluates an authorizer's policy document against the ARN of the method that is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any


class Verdict(Enum):
    """Deny beats Allow; without either, access is denied too."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_ALLOWED = "not allowed"


class MalformedPolicyError(Exception):
    """The document is none that API Gateway would take."""


def evaluate(document: Mapping[str, Any], method_arn: str) -> Verdict:
    """Raises `MalformedPolicyError` for a document without usable statements."""
    effects = {effect for effect, resource in _grants(document) if _like(resource, method_arn)}
    if "Deny" in effects:
        return Verdict.DENIED
    return Verdict.ALLOWED if "Allow" in effects else Verdict.NOT_ALLOWED


def _grants(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Effect and resource pattern of everything that concerns execute-api:Invoke."""
    statements = _several(document.get("Statement"))
    if not statements:
        raise MalformedPolicyError("no Statement")
    for statement in statements:
        if not isinstance(statement, Mapping) or statement.get("Effect") not in {"Allow", "Deny"}:
            raise MalformedPolicyError("a Statement without the Effect Allow or Deny")
        actions, resources = _several(statement.get("Action")), _several(statement.get("Resource"))
        if not actions or not resources or not all(isinstance(word, str) for word in (*actions, *resources)):
            raise MalformedPolicyError("a Statement without Action or Resource")
        if any(_like(action.lower(), "execute-api:invoke") for action in actions):
            for resource in resources:
                yield statement["Effect"], resource


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _like(pattern: str, text: str) -> bool:
    """`*` is any run of characters, "/" and ":" included, and `?` any one."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None
