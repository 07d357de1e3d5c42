"""Names of AWS's operations from botocore's own service models, also where only method and path tell them apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class _Route:
    name: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    needed_query: frozenset[str]
    needed_headers: frozenset[str]

    @property
    def weight(self) -> int:
        return len(self.query) + len(self.needed_query) + len(self.needed_headers)

    def fits(self, method: str, path: str, query: Mapping[str, str], headers: frozenset[str]) -> bool:
        return (
            method == self.method
            and self.path.fullmatch(path) is not None
            and all(query.get(name) == value for name, value in self.query.items())
            and self.needed_query <= query.keys()
            and self.needed_headers <= headers
        )


@cache
def _session() -> Any:
    import botocore.session  # a tenth of a second, which only those who use faults pay

    return botocore.session.get_session()


def is_service(name: str) -> bool:
    """Whether boto3 has a client of that name."""
    return name in _session().get_available_services()


@cache
def operations_of(service: str) -> tuple[str, ...]:
    """The operations of a service (boto3's name)."""
    return tuple(_session().get_service_model(service).operation_names)


@cache
def protocol_of(service: str) -> str:
    """`json`, `rest-json`, `rest-xml`, `query`, ...; unknown services speak JSON."""
    return str(_session().get_service_model(service).metadata["protocol"]) if is_service(service) else "json"


def rest_operation(service: str, *, method: str, path: str, query: str, headers: frozenset[str]) -> str:
    """The operation of a REST request, or an empty text. `path` is unquoted; header names are in lower case."""
    given = dict(parse_qsl(query, keep_blank_values=True))
    for route in _routes(service):
        if route.fits(method, path, given, headers):
            return route.name
    return ""


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    """The most particular ones first: `PUT key?partNumber=1` is UploadPart, not PutObject."""
    if not is_service(service):
        return ()
    model = _session().get_service_model(service)
    routes = [_route(model.operation_model(name)) for name in model.operation_names]
    return tuple(sorted(routes, key=lambda route: (-route.weight, len(route.path.pattern))))


def _route(operation: Any) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    fixed = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name != "x-id"}
    return _Route(
        name=operation.name,
        method=operation.http["method"],
        path=_pattern(path),
        query=fixed,
        needed_query=frozenset(_needed(operation, "querystring")),
        needed_headers=frozenset(name.lower() for name in _needed(operation, "header")),
    )


def _needed(operation: Any, location: str) -> list[str]:
    shape = operation.input_shape
    members = shape.members if shape is not None else {}
    return [
        str(member.serialization.get("name", name))
        for name, member in members.items()
        if name in shape.required_members and member.serialization.get("location") == location
    ]


def _pattern(path: str) -> re.Pattern[str]:
    """Slashes may stand in the ids of models and of batch jobs, which can be ARNs."""
    parts = re.split(r"(\{[^}]+\})", path.rstrip("/"))
    body = "".join(".+" if part.endswith("+}") else "[^/]+" if part[:1] == "{" else re.escape(part) for part in parts)
    for head in (re.escape("/model/"), re.escape("/model-invocation-job/")):
        body = body.replace(head + "[^/]+", head + ".+")
    return re.compile(body + "/?")
