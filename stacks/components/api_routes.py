"""Routes of the REST API: one place decides whether a function's answers are streamed, on both of its sides."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway

from stacks.components.python_function import PythonFunction
from stacks.components.security_rules import acknowledge
from stacks.settings import DeploymentSettings

# Replaces Lambda's Python runtime loop by ours, which can stream.
STREAM_BOOTSTRAP = "/var/task/lambdas/shared/runtime/stream_bootstrap"
# API Gateway's ceiling for a buffered answer, whatever the function's own timeout is.
_BUFFERED_TIMEOUT = cdk.Duration.seconds(29)


class ApiRoutes:
    """A function cannot serve both kinds of route: what it must write depends on the integration, and nothing in the
    call tells it which one was used. So the integration's URI, its transfer mode and timeout, and the function's loop
    are only ever set together, here."""

    def __init__(
        self, *, api: apigateway.RestApi, authorizer: apigateway.IAuthorizer, settings: DeploymentSettings
    ) -> None:
        self._api = api
        self._authorizer = authorizer
        self._settings = settings

    def serve(self, function: PythonFunction, *routes: str, calls_model: bool) -> None:
        """Let `function` answer `routes` ("POST /chat"). Where it calls a model, its answers are streamed, unless the
        deployment's setting `streaming` is off."""
        streamed = calls_model and self._settings.streams
        integration = self._streamed(function) if streamed else self._buffered(function)
        if streamed:
            function.add_environment("AWS_LAMBDA_EXEC_WRAPPER", STREAM_BOOTSTRAP)
        function.add_environment("CORS_ORIGINS", ",".join(self._settings.cors_origins))
        for route in routes:
            method, path = route.split()
            self._api.root.resource_for_path(path).add_method(
                method,
                integration,
                authorizer=self._authorizer,
                authorization_type=apigateway.AuthorizationType.CUSTOM,
            )

    def serve_to_everybody(self, function: PythonFunction, path: str, *, reason: str) -> None:
        """Let `function` answer GET `path` without a key; `reason` says why that is safe."""
        function.add_environment("CORS_ORIGINS", ",".join(self._settings.cors_origins))
        method = self._api.root.resource_for_path(path).add_method(
            "GET", self._buffered(function), authorization_type=apigateway.AuthorizationType.NONE
        )
        acknowledge(method, "APIG4", reason=reason)

    def answer_health(self) -> None:
        """`GET /health` is public and reaches no function: API Gateway answers it."""
        # A mocked answer knows one fixed origin at most; a status page elsewhere needs "*" or one origin.
        origins = self._settings.cors_origins
        header = {"method.response.header.Access-Control-Allow-Origin": f"'{origins[0]}'"} if len(origins) == 1 else {}
        answer = apigateway.IntegrationResponse(
            status_code="200", response_templates={"application/json": '{"status":"ok"}'}, response_parameters=header
        )
        integration = apigateway.MockIntegration(
            request_templates={"application/json": '{"statusCode": 200}'}, integration_responses=[answer]
        )
        method = self._api.root.resource_for_path("/health").add_method(
            "GET",
            integration,
            authorization_type=apigateway.AuthorizationType.NONE,
            method_responses=[
                apigateway.MethodResponse(status_code="200", response_parameters=dict.fromkeys(header, True))
            ],
        )
        acknowledge(method, "APIG4", reason="says that the stage is up, to load balancers and people, and nothing else")

    def _streamed(self, function: PythonFunction) -> apigateway.LambdaIntegration:
        lambda_timeout = function.timeout or cdk.Duration.seconds(300)
        return apigateway.LambdaIntegration(
            function,
            response_transfer_mode=apigateway.ResponseTransferMode.STREAM,
            # a little longer than the function's own, so that the function can still say what happened
            timeout=lambda_timeout.plus(cdk.Duration.seconds(15)),
            allow_test_invoke=False,
        )

    def _buffered(self, function: PythonFunction) -> apigateway.LambdaIntegration:
        return apigateway.LambdaIntegration(
            function,
            response_transfer_mode=apigateway.ResponseTransferMode.BUFFERED,
            timeout=_BUFFERED_TIMEOUT,
            allow_test_invoke=False,
        )
