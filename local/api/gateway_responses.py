"""The gateway's own answers: the template's gateway responses, their fallbacks, and API Gateway's defaults.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from local.api.messages import ApiAnswer, ApiRequest, GatewayFaultError, Headers
from local.api.templates import fill, mapped_value, template_for

_STATUS = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 500,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "REQUEST_TOO_LARGE": 413,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
}
_DEFAULT_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}


class GatewayResponses:
    """Made from the properties of the template's AWS::ApiGateway::GatewayResponse resources."""

    def __init__(self, definitions: Sequence[Mapping[str, Any]]) -> None:
        self._by_type = {str(definition["ResponseType"]): definition for definition in definitions}

    def answer(self, fault: GatewayFaultError, context: Mapping[str, Any], request: ApiRequest) -> ApiAnswer:
        """What the client gets instead of the function's answer."""
        status = fault.status or _STATUS.get(fault.response_type, 500)
        fallback = self._by_type.get("DEFAULT_4XX" if status < 500 else "DEFAULT_5XX", {})
        definition = self._by_type.get(fault.response_type, fallback)
        # a status set on the fallback holds for all types that do not set their own
        chosen = definition.get("StatusCode") or fallback.get("StatusCode")
        values = {**context, "error": _error(fault), "responseType": fault.response_type}
        found = template_for(definition.get("ResponseTemplates") or _DEFAULT_TEMPLATES, request.header("accept"))
        content_type, template = found or ("application/json", "")
        body = fill(template, values).encode()
        return ApiAnswer(int(chosen or status), _headers(definition, values, request, content_type), body)


def _error(fault: GatewayFaultError) -> dict[str, Any]:
    return {
        "message": fault.message,
        "messageString": json.dumps(fault.message),
        "responseType": fault.response_type,
        "validationErrorString": "",
    }


def _headers(
    definition: Mapping[str, Any], values: Mapping[str, Any], request: ApiRequest, content_type: str
) -> Headers:
    headers = {"Content-Type": content_type}
    for target, expression in definition.get("ResponseParameters", {}).items():
        value = mapped_value(str(expression), values, request)
        if target.startswith("gatewayresponse.header.") and value is not None:
            name = target.removeprefix("gatewayresponse.header.")
            headers = {key: kept for key, kept in headers.items() if key.lower() != name.lower()}
            headers[name] = value
    return tuple(headers.items())
