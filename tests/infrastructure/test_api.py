"""The API's front door: routes, keys, streaming, and what it says when no function is reached."""

from __future__ import annotations

import json
import re

import pytest

from tests.infrastructure.assembly import Assembly, Resource, text_of

ROUTES = {
    ("POST", "/chat"): "chat/turn",
    ("POST", "/summaries"): "summaries/text",
    ("POST", "/chat/stream"): "chat/turn",
    ("POST", "/rag"): "rag/answer",
    ("POST", "/rag/stream"): "rag/answer",
    ("POST", "/rag/passages"): "rag/answer",
    ("GET", "/conversations"): "chat/conversations",
    ("GET", "/conversations/{id}"): "chat/conversations",
    ("PATCH", "/conversations/{id}"): "chat/conversations",
    ("DELETE", "/conversations/{id}"): "chat/conversations",
    ("POST", "/documents"): "documents/upload",
    ("POST", "/documents/{id}/retry"): "documents/retry",
    ("GET", "/documents"): "documents/read",
    ("GET", "/documents/{id}"): "documents/read",
    ("POST", "/bulk-summaries"): "bulk_runs/start",
    ("GET", "/bulk-summaries"): "bulk_runs/read",
    ("GET", "/bulk-summaries/{id}"): "bulk_runs/read",
    ("POST", "/bulk-summaries/{id}/resume"): "bulk_runs/control",
    ("DELETE", "/bulk-summaries/{id}"): "bulk_runs/control",
    ("POST", "/embeddings"): "embeddings/embed",
    ("POST", "/embeddings/similarity"): "embeddings/embed",
    ("POST", "/embeddings/search"): "embeddings/embed",
    ("POST", "/embeddings/classify"): "embeddings/embed",
    ("POST", "/embeddings/cluster"): "embeddings/cluster",
    ("GET", "/collections"): "collections/manage",
    ("PUT", "/collections/{name}"): "collections/manage",
    ("GET", "/collections/{name}"): "collections/manage",
    ("DELETE", "/collections/{name}"): "collections/manage",
    ("GET", "/collections/{name}/items"): "collections/manage",
    ("DELETE", "/collections/{name}/items"): "collections/manage",
    ("PUT", "/collections/{name}/items"): "collections/embed",
    ("POST", "/collections/{name}/search"): "collections/embed",
    ("POST", "/collections/{name}/classify"): "collections/embed",
    ("GET", "/health"): None,
    ("GET", "/openapi.json"): "reference/openapi",
}
WRAPPER = "/var/task/lambdas/shared/runtime/stream_bootstrap"


def methods(assembly: Assembly) -> dict[tuple[str, str], Resource]:
    """By HTTP method and path, without the preflights."""
    parents = {each.logical_id: each.properties for each in assembly.of("AWS::ApiGateway::Resource")}

    def path(reference: dict) -> str:
        if "Ref" not in reference:
            return ""
        resource = parents[reference["Ref"]]
        return f"{path(resource['ParentId'])}/{resource['PathPart']}"

    found = {}
    for method in assembly.of("AWS::ApiGateway::Method"):
        key = (method.properties["HttpMethod"], path(method.properties["ResourceId"]) or "/")
        found[key] = method
    return found


def calls(assembly: Assembly) -> dict[tuple[str, str], Resource]:
    return {key: method for key, method in methods(assembly).items() if key[0] != "OPTIONS"}


def function_behind(assembly: Assembly, method: Resource) -> Resource:
    (logical_id,) = re.findall(r"functions/<(\w+)>", text_of(method.properties["Integration"]["Uri"]))
    (function,) = [each for each in assembly.functions().values() if each.logical_id == logical_id]
    return function


def responses(assembly: Assembly) -> dict[str, Resource]:
    return {each.properties["ResponseType"]: each for each in assembly.of("AWS::ApiGateway::GatewayResponse")}


def test_the_routes_are_those_that_the_handlers_answer(assembly: Assembly) -> None:
    assert set(calls(assembly)) == set(ROUTES)
    for route, handler in ROUTES.items():
        if handler:
            assert function_behind(assembly, calls(assembly)[route]) == assembly.functions()[handler]


def test_every_route_but_the_public_ones_wants_a_key(assembly: Assembly) -> None:
    (authorizer,) = assembly.of("AWS::ApiGateway::Authorizer")
    for (_, path), method in calls(assembly).items():
        if path in {"/health", "/openapi.json"}:
            assert method.properties["AuthorizationType"] == "NONE"
        else:
            assert method.properties["AuthorizationType"] == "CUSTOM"
            assert method.properties["AuthorizerId"] == {"Ref": authorizer.logical_id}


def test_health_is_answered_without_a_function(assembly: Assembly) -> None:
    integration = calls(assembly)["GET", "/health"].properties["Integration"]
    assert integration["Type"] == "MOCK"
    (answer,) = integration["IntegrationResponses"]
    assert json.loads(answer["ResponseTemplates"]["application/json"]) == {"status": "ok"}


@pytest.mark.parametrize("which", ["assembly", "changed"])
def test_transfer_mode_address_timeout_and_loop_agree(which: str, request: pytest.FixtureRequest) -> None:
    each: Assembly = request.getfixturevalue(which)
    for route, method in calls(each).items():
        if ROUTES[route] is None:
            continue
        integration, function = method.properties["Integration"], function_behind(each, method)
        environment = function.properties["Environment"]["Variables"]
        if integration["ResponseTransferMode"] == "STREAM":
            assert "/2021-11-15/functions/" in text_of(integration["Uri"])
            assert text_of(integration["Uri"]).endswith("/response-streaming-invocations")
            assert environment["AWS_LAMBDA_EXEC_WRAPPER"] == WRAPPER
            assert function.properties["Timeout"] * 1000 < integration["TimeoutInMillis"] <= 900_000
        else:
            assert "/2015-03-31/functions/" in text_of(integration["Uri"])
            assert text_of(integration["Uri"]).endswith("/invocations")
            assert "AWS_LAMBDA_EXEC_WRAPPER" not in environment
            assert integration["TimeoutInMillis"] <= 29_000


def test_a_route_that_calls_a_model_streams_unless_streaming_is_off(assembly: Assembly, changed: Assembly) -> None:
    def streamed(each: Assembly) -> set[tuple[str, str]]:
        return {
            route
            for route, method in calls(each).items()
            if method.properties["Integration"].get("ResponseTransferMode") == "STREAM"
        }

    embeddings = {path for _, path in ROUTES if path.startswith("/embeddings")}
    models = {"/chat", "/chat/stream", "/summaries", *embeddings}
    models |= {f"/collections/{{name}}/{verb}" for verb in ("search", "classify")}
    put = ("PUT", "/collections/{name}/items")
    assert streamed(assembly) == {*(("POST", path) for path in models), put}
    assert streamed(changed) == set()


def test_the_wrapper_is_where_the_template_says(assembly: Assembly) -> None:
    from stacks.components.api_routes import STREAM_BOOTSTRAP
    from stacks.components.function_files import function_files
    from tests.infrastructure.assembly import ROOT

    relative = STREAM_BOOTSTRAP.removeprefix("/var/task/")
    assert relative in [path.as_posix() for path in function_files(ROOT, "chat/turn")]
    assert (ROOT / relative).stat().st_mode & 0o111 == 0o111


def test_garbage_costs_no_lambda_call(assembly: Assembly) -> None:
    (authorizer,) = assembly.of("AWS::ApiGateway::Authorizer")
    assert authorizer.properties["Type"] == "TOKEN"
    assert authorizer.properties["IdentitySource"] == "method.request.header.Authorization"
    assert authorizer.properties["AuthorizerResultTtlInSeconds"] == 60
    pattern = authorizer.properties["IdentityValidationExpression"]
    assert pattern == "^Bearer (qk_[A-Za-z0-9_-]{5,}|eyJ.+)$"
    for good in ("Bearer qk_local", "Bearer qk_AZ-09_xyz", "Bearer eyJhbGciOi.x.y"):
        assert re.match(pattern, good)
    for bad in (
        "",
        "qk_local",
        "Basic qk_local",
        "Bearer qk_",
        "Bearer qk_1234",
        "bearer qk_local",
        "Bearer qk_lo cal",
    ):
        assert not re.match(pattern, bad)


def test_the_stage_is_throttled(assembly: Assembly) -> None:
    (stage,) = assembly.of("AWS::ApiGateway::Stage")
    (settings,) = stage.properties["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (50, 100)
    assert settings["DataTraceEnabled"] is False


def test_gateway_responses_speak_like_the_functions(assembly: Assembly) -> None:
    for kind, response in responses(assembly).items():
        status = int(response.properties["StatusCode"])
        problem = json.loads(response.properties["ResponseTemplates"]["application/json"])
        assert set(problem) == {"type", "title", "status", "detail", "code", "error"}, kind
        assert problem["status"] == status, kind
        assert problem["error"] == {**problem["error"], "message": problem["detail"], "code": problem["code"]}
        headers = response.properties["ResponseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("UNAUTHORIZED", 401, "invalid_api_key"),
        ("ACCESS_DENIED", 403, "forbidden"),
        ("MISSING_AUTHENTICATION_TOKEN", 404, "not_found"),
        ("REQUEST_TOO_LARGE", 413, "too_large"),
        ("THROTTLED", 429, "rate_limited"),
        ("INTEGRATION_TIMEOUT", 504, "timeout"),
        ("DEFAULT_4XX", 400, "invalid_request"),
        ("DEFAULT_5XX", 500, "internal_error"),
    ],
)
def test_what_the_gateway_refuses_has_its_status_and_code(
    assembly: Assembly, kind: str, status: int, code: str
) -> None:
    properties = responses(assembly)[kind].properties
    assert int(properties["StatusCode"]) == status
    assert json.loads(properties["ResponseTemplates"]["application/json"])["code"] == code


def test_refusals_say_what_to_send_and_when_to_come_back(assembly: Assembly) -> None:
    unauthorized = responses(assembly)["UNAUTHORIZED"].properties["ResponseParameters"]
    throttled = responses(assembly)["THROTTLED"].properties["ResponseParameters"]
    assert unauthorized["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"
    assert throttled["gatewayresponse.header.Retry-After"] == "'1'"


def test_a_changed_gateway_response_makes_a_new_deployment(assembly: Assembly, changed: Assembly) -> None:
    (before,), (after,) = (each.of("AWS::ApiGateway::Deployment") for each in (assembly, changed))
    assert before.logical_id != after.logical_id
    assert {response.logical_id for response in responses(assembly).values()} <= set(before.body["DependsOn"])


def test_browsers_are_let_in_from_the_origins_of_the_settings(assembly: Assembly, changed: Assembly) -> None:
    name = "method.response.header.Access-Control-Allow-Origin"
    for (_, path), method in calls(assembly).items():
        preflight = methods(assembly)["OPTIONS", path]
        assert preflight.properties["AuthorizationType"] == "NONE", method
        (answer,) = preflight.properties["Integration"]["IntegrationResponses"]
        assert answer["ResponseParameters"][name] == "'*'"
    for handler in ("chat/turn", "chat/conversations", "documents/read"):
        assert assembly.environment(handler)["CORS_ORIGINS"] == "*"
        assert changed.environment(handler)["CORS_ORIGINS"] == "https://a.example.com,https://b.example.com"
    (answer,) = methods(changed)["OPTIONS", "/chat"].properties["Integration"]["IntegrationResponses"]
    assert answer["ResponseParameters"][name] == "'https://a.example.com'"
    assert "https://b.example.com" in answer["ResponseTemplates"]["application/json"]
