"""The TOKEN authorizer in front of a route: what reaches it, what it may say, how long that holds."""

from __future__ import annotations

import json

import pytest

from tests.integration.local_api.gateway_house import GatewayHouse
from tests.integration.local_functions.processes import eventually

EVENT_BACK = "import json\ndef handler(event, context): return {'statusCode': 200, 'body': json.dumps(event)}"
# the token is "Bearer <JSON>": the policy's effect and resource, the context, or an error to raise
AUTHORIZER = r"""
import json
def handler(event, context):
    with open("asked", "a") as file:
        file.write(json.dumps(event) + "\n")
    say = json.loads(event["authorizationToken"].removeprefix("Bearer "))
    if "raise" in say:
        raise Exception(say["raise"])
    if "answer" in say:
        return say["answer"]
    statements = [{"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
                  for effect, resource in say["policy"]]
    return {"principalId": "client-1", "context": say.get("context"),
            "policyDocument": {"Version": "2012-10-17", "Statement": statements}}
"""
ANYTHING = [["Allow", "arn:aws:execute-api:us-east-1:123456789012:api1/prod/*/*"]]


@pytest.fixture
def guarded(house: GatewayHouse) -> GatewayHouse:
    guard = house.authorizer(house.workshop.function("guard", AUTHORIZER))
    back = house.workshop.function("back", EVENT_BACK)
    for route in ("GET /a", "POST /a", "GET /b/{id}"):
        house.proxy(route, back, **guard)
    return house


def token(**say: object) -> str:
    return f"Bearer {json.dumps(say)}"


def asked(house: GatewayHouse) -> list[str]:
    """The events that reached the authorizer's function."""
    file = house.workshop.root / "asked"
    return file.read_text().splitlines() if file.exists() else []


def test_its_context_reaches_the_function_as_flat_strings(guarded: GatewayHouse) -> None:
    context = {"tenant": "t", "limit": 7, "share": 0.5, "admin": True, "none": None}
    answer = guarded.call("GET /a", Authorization=token(policy=ANYTHING, context=context))
    assert answer.json()["requestContext"]["authorizer"] == {
        "principalId": "client-1", "tenant": "t", "limit": "7", "share": "0.5", "admin": "true",
    }  # fmt: skip


def test_it_is_asked_about_the_token_and_the_method(guarded: GatewayHouse) -> None:
    sent = token(policy=ANYTHING)
    guarded.call("GET /prod/b/x", Authorization=sent)
    (event,) = asked(guarded)
    assert json.loads(event) == {
        "type": "TOKEN",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:api1/prod/GET/b/x",
        "authorizationToken": sent,
    }


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Basic x"}, {"X_Key": "Bearer x"}])
def test_without_a_token_of_the_right_form_nobody_is_asked(guarded: GatewayHouse, headers: dict[str, str]) -> None:
    answer = guarded.call("GET /a", **headers)
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})
    assert asked(guarded) == []


def test_the_name_of_the_header_has_no_case(guarded: GatewayHouse) -> None:
    assert guarded.call("GET /a", aUTHORIZATION=token(policy=ANYTHING)).status == 200


def test_the_error_unauthorized_is_a_401_and_any_other_a_500(guarded: GatewayHouse) -> None:
    answer = guarded.call("GET /a", Authorization=token(**{"raise": "Unauthorized"}))
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})
    for message in ("unauthorized", "Unauthorized.", "table is gone"):
        answer = guarded.call("GET /a", Authorization=token(**{"raise": message}))
        assert (answer.status, answer.json()) == (500, {"message": None}), message


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {},
        {"principalId": "x"},
        {"principalId": 1, "policyDocument": {"Statement": []}},
        {"principalId": "x", "policyDocument": {"Statement": []}},
        {"principalId": "x", "policyDocument": {"Statement": {"Effect": "Maybe", "Action": "*", "Resource": "*"}}},
        {"principalId": "x", "policyDocument": {"Statement": {"Effect": "Allow", "Action": "*"}}},
        {"principalId": "x", "policyDocument": {}, "context": []},
        {"principalId": "x", "policyDocument": {}, "context": {"list": [1]}},
    ],
)
def test_an_answer_of_another_shape_is_a_500_with_its_reason_in_the_log(guarded: GatewayHouse, answer: object) -> None:
    assert guarded.call("GET /a", Authorization=token(answer=answer)).status == 500
    assert guarded.workshop.logged("api | authorizer stack-guard: its ")


def test_a_policy_decides_for_each_method(guarded: GatewayHouse) -> None:
    arn = "arn:aws:execute-api:us-east-1:123456789012:api1/prod"
    sent = token(policy=[["Allow", [f"{arn}/GET/*", f"{arn}/P??T/a"]], ["Deny", f"{arn}/*/b/secret*"]])
    statuses = {
        route: guarded.call(route, Authorization=sent).status
        for route in ("GET /a", "POST /a", "GET /b/open", "GET /b/secret-1")
    }
    assert statuses == {"GET /a": 200, "POST /a": 200, "GET /b/open": 200, "GET /b/secret-1": 403}
    message = guarded.call("GET /b/secret-1", Authorization=sent).json()["message"]
    assert message == "User is not authorized to access this resource with an explicit deny"


@pytest.mark.parametrize("resource", ["arn:aws:execute-api:us-east-1:123456789012:api1/dev/*", "", "*/POST/*"])
def test_what_is_not_allowed_is_denied(guarded: GatewayHouse, resource: str) -> None:
    answer = guarded.call("GET /a", Authorization=token(policy=[["Allow", resource or "arn"]]))
    assert (answer.status, answer.json()["message"]) == (403, "User is not authorized to access this resource")


def test_one_answer_serves_every_route_while_it_lasts(guarded: GatewayHouse) -> None:
    for route in ("GET /a", "POST /a", "GET /b/1"):
        assert guarded.call(route, Authorization=token(policy=ANYTHING)).status == 200
    assert len(asked(guarded)) == 1
    guarded.call("GET /a", Authorization=token(policy=ANYTHING, context={"another": 1}))
    assert len(asked(guarded)) == 2


def test_errors_are_not_remembered(guarded: GatewayHouse) -> None:
    for _ in range(2):
        guarded.call("GET /a", Authorization=token(**{"raise": "Unauthorized"}))
    assert len(asked(guarded)) == 2


def test_with_a_ttl_of_zero_it_is_asked_each_time(house: GatewayHouse) -> None:
    guard = house.authorizer(house.workshop.function("guard", AUTHORIZER), ttl=0)
    house.proxy("GET /a", house.workshop.function("back", EVENT_BACK), **guard)
    for _ in range(2):
        house.call("GET /a", Authorization=token(policy=ANYTHING))
    assert len(asked(house)) == 2


def test_an_authorization_that_cannot_be_checked_here_lets_nobody_in(house: GatewayHouse) -> None:
    house.proxy("GET /a", house.workshop.function("back", EVENT_BACK), AuthorizationType="AWS_IAM")
    assert house.call("GET /a", Authorization="x").status == 500


def test_its_process_is_started_together_with_the_api(house: GatewayHouse) -> None:
    code = "import pathlib\npathlib.Path('initialized').touch()\n" + AUTHORIZER
    house.authorizer(house.workshop.function("guard", code))
    assert house.front.url
    assert eventually((house.workshop.root / "initialized").exists)
    assert asked(house) == []
