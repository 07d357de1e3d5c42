"""The API's description is fresh, valid, and says nothing that the handlers do not do."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from lambdas.shared.domain import errors
from lambdas.shared.runtime.operation import Operation
from lambdas.shared.runtime.problem import status_of
from ops.openapi.command import generated
from ops.openapi.document import openapi_document
from ops.openapi.operations import ROOT, all_operations
from ops.openapi.problems import problem_codes
from tests.e2e.api import events

OPERATIONS = {(each.method, each.path): each for each in all_operations()}
DOCUMENT = openapi_document()


def conforms(value: Any, schema: dict[str, Any]) -> None:
    jsonschema.validate(value, {**schema, "components": DOCUMENT["components"]})


def routes_of(module: Path) -> Iterator[tuple[tuple[str, str], str]]:
    """Each route that a handler module hands to `http_handler`, with its scope."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "http_handler":
            routes, scope = node.args[0], {each.arg: each.value for each in node.keywords}["scope"]
            assert isinstance(routes, ast.Dict) and isinstance(scope, ast.Constant)
            for key in routes.keys:
                assert key is not None
                yield ast.literal_eval(key), scope.value


def subclasses(kind: type[errors.QuarryError]) -> Iterator[type[errors.QuarryError]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_the_generated_files_are_fresh() -> None:
    for path, text in generated().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is not fresh; run `make openapi`"


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(json.loads(json.dumps(DOCUMENT)))


def test_operations_have_names_of_their_own() -> None:
    assert len({each.name for each in OPERATIONS.values()}) == len(OPERATIONS) == len(all_operations())


def test_each_route_of_a_handler_is_an_operation_with_its_scope() -> None:
    routes = {}
    for module in sorted((ROOT / "lambdas").glob("*/*_handler.py")):
        handler = module.relative_to(ROOT / "lambdas").as_posix().removesuffix("_handler.py")
        routes |= {route: (handler, scope) for route, scope in routes_of(module)}
    keyed = {route: (each.handler, each.scope) for route, each in OPERATIONS.items() if each.scope is not None}
    assert routes == keyed


def test_handlers_do_not_import_their_descriptions() -> None:
    for module in (ROOT / "lambdas").glob("*/*_handler.py"):
        text = module.read_text(encoding="utf-8")
        assert ".openapi" not in text.replace("openapi.json", "") and "runtime.operation" not in text, module


def test_every_error_of_the_wire_is_described_somewhere() -> None:
    described = {(status, code) for each in OPERATIONS.values()
                 for status, codes in problem_codes(each).items() for code in codes}  # fmt: skip
    # what is raised is always one of ConflictError's kinds, each in its capability
    wire = {(status_of(kind), kind.code) for kind in {*subclasses(errors.QuarryError)} - {errors.ConflictError}
            if kind.__module__.startswith("lambdas.shared.domain.errors") and status_of(kind) != 500}  # fmt: skip
    assert wire <= described


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda each: each.name)
class TestEachOperation:
    def test_its_examples_conform(self, operation: Operation) -> None:
        described = DOCUMENT["paths"][operation.path][operation.method.lower()]
        if operation.body is not None:
            content = described["requestBody"]["content"]["application/json"]
            conforms(operation.body_example, content["schema"])
        success = next(response for status, response in described["responses"].items() if status < "300")
        if operation.events:
            kinds = success["content"]["text/event-stream"]["schema"]["oneOf"]
            data = {kind["properties"]["event"]["const"]: kind["properties"]["data"] for kind in kinds}
            names = [name for name, value in events(operation.answer_example)
                     if conforms(value, data[name]["contentSchema"]) is None]  # fmt: skip
            assert names[0] == "start" and names[-1] == "done"
        elif operation.answer is not None and operation.cacheable is False:
            conforms(operation.answer_example, success["content"]["application/json"]["schema"])

    def test_it_says_who_may_call_and_what_can_go_wrong(self, operation: Operation) -> None:
        described = DOCUMENT["paths"][operation.path][operation.method.lower()]
        assert described["x-scope"] == operation.scope
        assert (described.get("security") == []) == (operation.scope is None)
        assert ("401" in described["responses"]) == (operation.scope is not None)
        assert {"429", "500"} <= set(described["responses"])
        names = {each.get("$ref", "").rsplit("/", 1)[-1] for each in described.get("parameters", ())}
        assert ("Subject" in names) == (operation.scope is not None)
        assert ("IdempotencyKey" in names) == operation.idempotent

    def test_its_path_parameters_are_described(self, operation: Operation) -> None:
        in_path = {part[1:-1] for part in operation.path.split("/") if part.startswith("{")}
        assert {each.name for each in operation.parameters if each.place == "path"} == in_path
