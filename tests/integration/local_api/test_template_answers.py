"""Answers that stand in the template: gateway responses, mock integrations, throttling."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.local_api.gateway_house import GatewayHouse
from tests.integration.local_functions.processes import eventually

PROBLEM = '{"code":"no_route","detail":$context.error.messageString,"type":"$context.error.responseType"}'


def mock(status: str = "200", **response: Any) -> dict[str, Any]:
    return {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": f"{{ statusCode: {status} }}"},
        "IntegrationResponses": [{"StatusCode": status, **response}],
    }


def test_a_gateway_response_of_the_template_is_used(house: GatewayHouse) -> None:
    house.resource(
        "GatewayResponse",
        ResponseType="MISSING_AUTHENTICATION_TOKEN",
        StatusCode="404",
        ResponseParameters={
            "gatewayresponse.header.Content-Type": "'application/problem+json'",
            "gatewayresponse.header.Access-Control-Allow-Origin": "method.request.header.Origin",
            "gatewayresponse.header.X-Request": "context.requestId",
        },
        ResponseTemplates={"application/json": PROBLEM},
    )
    answer = house.call("GET /none", Origin="https://a.example")
    assert answer.status == 404
    assert answer.json() == {
        "code": "no_route", "detail": "Missing Authentication Token", "type": "MISSING_AUTHENTICATION_TOKEN",
    }  # fmt: skip
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert answer.headers["x-request"] == answer.headers["x-amzn-requestid"]
    assert "access-control-allow-origin" not in house.call("GET /none").headers


def test_the_default_responses_stand_in_for_types_without_their_own(house: GatewayHouse) -> None:
    for family, text in (("4XX", "theirs"), ("5XX", "ours")):
        house.resource(
            "GatewayResponse",
            ResponseType=f"DEFAULT_{family}",
            ResponseTemplates={"application/json": f'{{"fault": "{text}", "message": "$context.error.message"}}'},
        )
    house.proxy("GET /a", house.workshop.function("bad", "def handler(event, context): return 1"))
    theirs, ours = house.call("GET /none"), house.call("GET /a")
    assert (theirs.status, theirs.json()) == (403, {"fault": "theirs", "message": "Missing Authentication Token"})
    assert (ours.status, ours.json()) == (502, {"fault": "ours", "message": "Internal server error"})


def test_a_mock_answers_from_the_template(house: GatewayHouse) -> None:
    response = {
        "ResponseTemplates": {"application/json": '{"status": "ok", "id": "$context.requestId"}'},
        "ResponseParameters": {"method.response.header.X-Static": "'yes'"},
    }
    house.method("GET /health", mock(**response))
    answer = house.call("GET /prod/health")
    assert (answer.status, answer.headers["x-static"]) == (200, "yes")
    assert answer.json() == {"status": "ok", "id": answer.headers["x-amzn-requestid"]}


def test_a_mock_s_status_picks_its_response(house: GatewayHouse) -> None:
    answers = [{"StatusCode": "200"}, {"StatusCode": "418", "SelectionPattern": "5\\d\\d"}]
    house.method("GET /a", {**mock("503"), "IntegrationResponses": answers})
    house.method("GET /b", {**mock("204"), "IntegrationResponses": answers})
    house.method("GET /c", {"Type": "MOCK", "RequestTemplates": {}})
    assert [house.call(f"GET /{path}").status for path in "abc"] == [418, 200, 500]


def preflight(**response: Any) -> dict[str, Any]:
    """What CDK writes for `default_cors_preflight_options`."""
    headers = {
        "method.response.header.Access-Control-Allow-Headers": "'Authorization,Content-Type'",
        "method.response.header.Access-Control-Allow-Origin": "'https://a.example'",
    }
    return mock("204", ResponseParameters=headers, **response)


def test_a_preflight_is_answered_without_a_token(house: GatewayHouse) -> None:
    house.method("OPTIONS /chat", preflight())
    answer = house.call("OPTIONS /chat", Origin="https://a.example")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-headers"] == "Authorization,Content-Type"
    assert answer.headers["access-control-allow-origin"] == "https://a.example"


def test_a_preflight_for_several_origins_echoes_the_one_that_asks(house: GatewayHouse) -> None:
    template = "\n".join(
        (
            '#set($origin = $input.params("Origin"))',
            '#if($origin == "") #set($origin = $input.params("origin")) #end',
            '#if($origin.matches("https://b.example") || $origin.matches("https://c.example"))',
            "  #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)",
            "#end",
        )
    )
    house.method("OPTIONS /chat", preflight(ResponseTemplates={"application/json": template}))
    for origin in ("https://a.example", "https://b.example", "https://c.example"):
        answer = house.call("OPTIONS /chat", Origin=origin)
        assert (answer.headers["access-control-allow-origin"], answer.body) == (origin, b"")
    stranger = house.call("OPTIONS /chat", Origin="https://evil.example")
    assert stranger.headers["access-control-allow-origin"] == "https://a.example"


def test_velocity_beyond_what_is_understood_is_a_clear_500(house: GatewayHouse) -> None:
    house.method("GET /a", mock(ResponseTemplates={"application/json": "#if($util.size() > 1) x #end"}))
    answer = house.call("GET /a")
    assert answer.status == 500
    assert "cannot render here" in answer.json()["message"]


def test_requests_beyond_the_burst_are_throttled_for_each_method(house: GatewayHouse) -> None:
    settings = {"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 0.0001, "ThrottlingBurstLimit": 2}
    own = {"HttpMethod": "GET", "ResourcePath": "/~1b~1c", "ThrottlingRateLimit": 0.0001, "ThrottlingBurstLimit": 1}
    house.stage(MethodSettings=[settings, own])
    for route in ("GET /a", "POST /a", "GET /b/c"):
        house.method(route, mock())
    statuses = {route: [house.call(route).status for _ in range(3)] for route in ("GET /a", "POST /a", "GET /b/c")}
    assert statuses == {"GET /a": [200, 200, 429], "POST /a": [200, 200, 429], "GET /b/c": [200, 429, 429]}
    assert house.call("GET /a").json() == {"message": "Too Many Requests"}


def test_tokens_come_back_with_time() -> None:
    from local.api.throttle import TokenBucket

    clock = [0.0]
    bucket = TokenBucket(rate=2, burst=3, now=lambda: clock[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock[0] = 100
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_the_log_has_one_line_for_each_request(house: GatewayHouse) -> None:
    house.method("GET /health", mock())
    house.call("GET /health?secret=1")
    assert eventually(lambda: house.workshop.logged("api | GET /health 200 "))
    assert len(house.workshop.lines) == 1
    assert "secret" not in json.dumps(house.workshop.lines)
