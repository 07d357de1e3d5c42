"""Serves one request: route, throttle, authorizer, integration; every refusal is a gateway response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.api.authorizer import TokenAuthorizer
from local.api.gateway_responses import GatewayResponses
from local.api.lambda_proxy import LambdaProxy
from local.api.messages import ApiAnswer, ApiRequest, GatewayFaultError
from local.api.mock import mock_answer
from local.api.proxy_event import media_type_matches, proxy_event, request_context
from local.api.rest_api import Method, RestApi
from local.api.routes import Match, RouteTable
from local.api.throttle import Throttle
from local.functions import FunctionHost

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
BODY_LIMIT_BYTES = 10 * 1024 * 1024


class Gateway:
    """The REST API without its sockets. `log` gets one line for everything that is not the client's fault."""

    def __init__(self, api: RestApi, functions: FunctionHost, *, log: Callable[[str], None]) -> None:
        self._api, self._functions, self._log = api, functions, log
        self._routes = RouteTable(api.methods)
        self._throttle = Throttle(api.method_settings)
        self._responses = GatewayResponses(api.gateway_responses)
        self._authorizers = {
            authorizer.id: TokenAuthorizer(authorizer, functions, log=log) for authorizer in api.authorizers.values()
        }

    def answer(self, request: ApiRequest) -> ApiAnswer:
        """Never raises; what goes wrong here itself is a 500 and a line in the log."""
        path = self._without_stage(request.path)
        context = request_context(self._api, request, path)
        try:
            return self._serve(request, path, context)
        except GatewayFaultError as fault:
            return self._responses.answer(fault, context, request)
        except Exception as error:  # the client must get an answer, and the log the reason
            self._log(f"{request.method} {path}: {type(error).__name__} in the API front: {error}")
            own_fault = GatewayFaultError("DEFAULT_5XX", "Internal server error")
            return self._responses.answer(own_fault, context, request)

    def _serve(self, request: ApiRequest, path: str, context: dict[str, Any]) -> ApiAnswer:
        match = self._routes.find(request.method, path)
        if match is None:
            raise GatewayFaultError("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
        method = match.method
        context.update(resourceId=method.resource_id, resourcePath=method.resource_path)
        self._throttle.check(method, request.method)
        if request.oversized:
            raise GatewayFaultError("REQUEST_TOO_LARGE", f"HTTP content length exceeded {BODY_LIMIT_BYTES} bytes.")
        grant = self._authorize(request, method, path)
        if grant is not None:
            context["authorizer"] = dict(grant)
        return self._integrate(request, match, path, context)

    def _integrate(self, request: ApiRequest, match: Match, path: str, context: dict[str, Any]) -> ApiAnswer:
        integration = match.method.integration
        if integration.type == "MOCK":
            return mock_answer(integration, context, request)
        if integration.type != "AWS_PROXY":
            raise GatewayFaultError("API_CONFIGURATION_ERROR", f"{integration.type} integrations do not run here")
        event = proxy_event(self._api, request, match, context, path)
        proxy = LambdaProxy(self._functions, log=lambda why: self._log(f"{request.method} {path}: {why}"))
        binary = media_type_matches(request.header("accept"), self._api.binary_media_types)
        return proxy.answer(integration, event, decode_base64=binary)

    def _authorize(self, request: ApiRequest, method: Method, path: str) -> Mapping[str, str] | None:
        if method.authorization_type == "NONE":
            return None
        authorizer = self._authorizers.get(method.authorizer_id or "")
        if method.authorization_type != "CUSTOM" or authorizer is None:
            self._log(f"{request.method} {path}: authorization {method.authorization_type} does not run here")
            raise GatewayFaultError("AUTHORIZER_CONFIGURATION_ERROR", None)

        def prepare() -> None:
            # both processes start side by side: a first call would otherwise wait for one after the other
            if method.integration.function_name is not None:
                self._functions.prepare(method.integration.function_name)

        api = self._api
        arn = f"arn:aws:execute-api:{api.region}:{api.account}:{api.id}/{api.stage}/{request.method}/{path.lstrip('/')}"
        return authorizer.authorize(request, arn, before_call=prepare)

    def _without_stage(self, path: str) -> str:
        prefix = f"/{self._api.stage}"
        if path == prefix or path.startswith(prefix + "/"):
            return path.removeprefix(prefix) or "/"
        return path
