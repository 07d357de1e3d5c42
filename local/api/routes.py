"""Finds the method that serves a path, by API Gateway's rules: fixed segments before {one} before {all+}."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from local.api.rest_api import Method


@dataclass(frozen=True, slots=True)
class Match:
    """The method found, and the decoded values of the path's parameters."""

    method: Method
    path_parameters: Mapping[str, str]


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    one: tuple[str, _Node] | None = None
    rest: tuple[str, _Node] | None = None
    methods: dict[str, Method] = field(default_factory=dict)

    def child(self, segment: str) -> _Node:
        if segment.startswith("{") and segment.endswith("+}"):
            self.rest = self.rest or (segment[1:-2], _Node())
            return self.rest[1]
        if segment.startswith("{") and segment.endswith("}"):
            self.one = self.one or (segment[1:-1], _Node())
            return self.one[1]
        return self.fixed.setdefault(segment, _Node())


class RouteTable:
    """The tree of an API's resources."""

    def __init__(self, methods: Iterable[Method]) -> None:
        self._root = _Node()
        for method in methods:
            node = self._root
            for segment in _segments(method.resource_path):
                node = node.child(segment)
            node.methods[method.http_method] = method

    def find(self, http_method: str, path: str) -> Match | None:
        """`path` is percent-encoded; None if no resource has it, or the resource lacks the method."""
        found = _walk(self._root, _segments(path))
        if found is None:
            return None
        node, parameters = found
        method = node.methods.get(http_method) or node.methods.get("ANY")
        return Match(method, parameters) if method else None


def _segments(path: str) -> list[str]:
    stripped = path.strip("/")
    return stripped.split("/") if stripped else []


def _walk(node: _Node, segments: list[str]) -> tuple[_Node, dict[str, str]] | None:
    if not segments:
        return (node, {}) if node.methods else None
    head, tail = segments[0], segments[1:]
    fixed = node.fixed.get(unquote(head))
    if fixed is not None and (found := _walk(fixed, tail)):
        return found
    if node.one is not None and head and (found := _walk(node.one[1], tail)):
        return found[0], {node.one[0]: unquote(head), **found[1]}
    if node.rest is not None:
        return node.rest[1], {node.rest[0]: unquote("/".join(segments))}
    return None
