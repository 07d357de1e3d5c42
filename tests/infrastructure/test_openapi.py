"""The OpenAPI document and the template describe the same API."""

from __future__ import annotations

import json

from lambdas.shared.runtime.operation import Operation
from ops.openapi.operations import all_operations
from ops.openapi.problems import GATEWAY_ANY, GATEWAY_ELSEWHERE, GATEWAY_FUNCTION, GATEWAY_KEY
from stacks.components.function_files import function_files
from tests.infrastructure.assembly import ROOT, Assembly
from tests.infrastructure.test_api import calls, function_behind, responses

OPERATIONS: dict[tuple[str, str], Operation] = {(each.method, each.path): each for each in all_operations()}


def test_every_method_is_an_operation_and_every_operation_a_method(assembly: Assembly, changed: Assembly) -> None:
    assert set(calls(assembly)) == set(calls(changed)) == set(OPERATIONS)


def test_an_operation_is_answered_by_the_function_that_it_names(assembly: Assembly) -> None:
    for route, method in calls(assembly).items():
        handler = OPERATIONS[route].handler
        if handler is None:
            assert method.properties["Integration"]["Type"] == "MOCK"
        else:
            assert function_behind(assembly, method) == assembly.functions()[handler]


def test_what_has_no_scope_is_public_and_nothing_else_is(assembly: Assembly) -> None:
    for route, method in calls(assembly).items():
        public = method.properties["AuthorizationType"] == "NONE"
        assert public == (OPERATIONS[route].scope is None), route


def test_what_streams_events_is_streamed(assembly: Assembly) -> None:
    for route, method in calls(assembly).items():
        if OPERATIONS[route].events:
            assert method.properties["Integration"]["ResponseTransferMode"] == "STREAM", route


def test_every_answer_of_the_gateway_itself_is_described(assembly: Assembly) -> None:
    described = {*GATEWAY_ANY, *GATEWAY_KEY, *GATEWAY_FUNCTION, *GATEWAY_ELSEWHERE}
    made = set()
    for response in responses(assembly).values():
        body = json.loads(response.properties["ResponseTemplates"]["application/json"])
        made.add((int(response.properties["StatusCode"]), body["code"]))
    assert made == described


def test_the_document_goes_with_its_function_and_with_no_other(assembly: Assembly) -> None:
    for handler in assembly.functions():
        packed = "docs/openapi.json" in [path.as_posix() for path in function_files(ROOT, handler)]
        assert packed == (handler == "reference/openapi"), handler


def test_the_function_that_everybody_may_call_has_no_permission_but_its_log(assembly: Assembly) -> None:
    role = assembly.functions()["reference/openapi"].properties["Role"]["Fn::GetAtt"][0]
    actions = []
    for policy in assembly.of("AWS::IAM::Policy"):
        if {"Ref": role} in policy.properties["Roles"]:
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                actions += statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    assert actions and all(action.startswith("logs:") for action in actions)
