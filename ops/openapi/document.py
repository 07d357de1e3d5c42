"""Builds the OpenAPI 3.1 document out of the operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.shared.runtime.operation import Operation, Parameter
from ops.openapi.operations import all_operations
from ops.openapi.problems import GATEWAY_ELSEWHERE, problem_codes, problem_response, problem_schema
from ops.openapi.schemas import schemas_of

VERSION = "0.1.0"
_DESCRIPTION = (
    "JSON in, JSON out, snake_case. A key has scopes, and an operation's description names the one that it needs; what "
    "a key may see is decided by the key, never by the body. More fields may join an answer; none is renamed."
)
_AWS = {
    "url": "https://{api}.execute-api.{region}.amazonaws.com/prod",
    "description": "your deployment: the output `ApiUrl`",
    "variables": {"api": {"default": "abcdefghij"}, "region": {"default": "us-east-1"}},
}
_LOCAL = {"url": "http://127.0.0.1:8080", "description": "`make up`"}
_TAGS = {
    "chat": "Turns of a conversation with a model.",
    "conversations": "What is remembered of them.",
    "documents": "Files that are uploaded or dropped, and their summaries.",
    "embeddings": "Vectors of texts, and what they are good for.",
    "collections": "Named sets of vectors: put texts or vectors, search them.",
    "rag": "Answers from documents, with citations.",
    "bulk": "Whole archives through batch inference, at half price.",
    "reference": "Public.",
}
_KEY = {"type": "http", "scheme": "bearer", "bearerFormat": "qk_...", "description": "`python -m ops keys create`"}
_SUBJECT = {
    "name": "X-Quarry-Subject",
    "in": "header",
    "description": "The person that this key speaks for (scope `delegate`): personal data is theirs alone.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._@-]{1,128}$"},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same body within 24 hours is one call, paid once: its answer is replayed.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_HEADERS = {
    "RequestId": {"description": "Leads to the log.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}},
    "Replayed": {"description": "`true` where an earlier answer is replayed.", "schema": {"const": "true"}},
    "ETag": {"schema": {"type": "string"}},
}


def openapi_document() -> dict[str, Any]:
    """The whole document; the same input gives the same bytes."""
    operations = all_operations()
    by_type, schemas = schemas_of(operations)
    codes = sorted({code for each in operations for found in problem_codes(each).values() for code in found}
                   | {code for _, code in GATEWAY_ELSEWHERE})  # fmt: skip
    components: dict[str, Any] = {
        "securitySchemes": {"key": _KEY},
        "parameters": {"Subject": _SUBJECT, "IdempotencyKey": _IDEMPOTENCY_KEY},
        "headers": _HEADERS,
        "schemas": {**schemas, "Problem": problem_schema(codes)},
        "responses": {},
    }
    paths: dict[str, Any] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, by_type, components["responses"])
    components["responses"] = dict(sorted(components["responses"].items()))
    return {
        "openapi": "3.1.1",
        "info": {"title": "Quarry", "version": VERSION, "description": _DESCRIPTION,
                 "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [_LOCAL, _AWS],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "security": [{"key": []}],
        "paths": paths,
        "components": components,
    }  # fmt: skip


def _operation(each: Operation, by_type: Mapping[Any, Any], shared: dict[str, Any]) -> dict[str, Any]:
    scope = f"Scope: `{each.scope}`." if each.scope else "Public."
    described: dict[str, Any] = {
        "operationId": each.name,
        "tags": [each.tag],
        "summary": each.summary,
        "description": f"{each.description} {scope}".strip(),
        "x-scope": each.scope,
        "x-streamed": bool(each.events),
    }
    if each.scope is None:
        described["security"] = []
    if parameters := _parameters(each):
        described["parameters"] = parameters
    if each.body is not None:
        content = {"schema": by_type[each.body], "examples": {"real": {"value": each.body_example}}}
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    described["responses"] = {**_success(each, by_type), **_problems(each, shared)}
    return described


def _parameters(each: Operation) -> list[dict[str, Any]]:
    found = [_parameter(parameter) for parameter in each.parameters]
    if each.scope is not None:
        found.append({"$ref": "#/components/parameters/Subject"})
    if each.idempotent:
        found.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if each.cacheable:
        found.append({"name": "If-None-Match", "in": "header", "schema": {"type": "string"}})
    return found


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    return described if parameter.example is None else {**described, "example": parameter.example}


def _success(each: Operation, by_type: Mapping[Any, Any]) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if each.handler is not None:
        headers["x-request-id"] = {"$ref": "#/components/headers/RequestId"}
    if each.idempotent:
        headers["Idempotency-Replayed"] = {"$ref": "#/components/headers/Replayed"}
    if each.cacheable:
        headers["ETag"] = {"$ref": "#/components/headers/ETag"}
    if each.events:
        kind, content = "text/event-stream", _stream(each, by_type)
    elif each.answer is None:
        return {"204": {"description": "Done; there is no content.", "headers": headers}}
    else:
        kind, content = "application/json", {"schema": by_type[each.answer]}
    if each.answer_example is not None:
        content["examples"] = {"real": {"value": each.answer_example}}
    found = {str(each.status): {"description": each.summary, "headers": headers, "content": {kind: content}}}
    for status, other in each.other_answers.items():
        schema = {"application/json": {"schema": by_type[other]}}
        found[str(status)] = {"description": each.summary, "headers": headers, "content": schema}
    return {**found, "304": {"description": "You have it already.", "headers": headers}} if each.cacheable else found


def _stream(each: Operation, by_type: Mapping[Any, Any]) -> dict[str, Any]:
    """Before OpenAPI 3.2 the schema of an event stream describes, by convention, each of its events."""
    events = {**each.events, "error": None}
    described = [_event(name, by_type[kind] if kind else _PROBLEM) for name, kind in events.items()]
    return {"schema": {"description": "Each event of the stream.", "oneOf": described}}


def _event(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    content = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    return {
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"const": name}, "data": content},
    }


def _problems(each: Operation, shared: dict[str, Any]) -> dict[str, Any]:
    """References to shared responses; two operations share one where status and codes are the same."""
    references = {}
    for status, codes in problem_codes(each).items():
        name = ".".join((str(status), *codes))
        shared[name] = problem_response(status, codes)
        references[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return references
