"""MOCK integrations: answers that stand in the template, such as CORS preflights and a health check.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.api.messages import ApiAnswer, ApiRequest, GatewayFaultError
from local.api.rest_api import Integration
from local.api.templates import fill, mapped_value, template_for
from local.api.velocity import UnsupportedTemplateError, render

_STATUS_CODE = re.compile(r"""["']?statusCode["']?\s*:\s*["']?(\d{3})""")


def mock_answer(integration: Integration, context: Mapping[str, Any], request: ApiRequest) -> ApiAnswer:
    """Raises the fault API_CONFIGURATION_ERROR where the template leaves no answer."""
    response = _integration_response(integration.definition, _asked_status(integration.definition, request))
    headers: dict[str, str] = {}
    content_type, body = "application/json", b""
    if found := template_for(response.get("ResponseTemplates", {}), request.header("accept")):
        try:
            rendered = render(found[1], request)
        except UnsupportedTemplateError as error:
            raise GatewayFaultError("API_CONFIGURATION_ERROR", f"cannot render here: {error}") from error
        content_type, body = found[0], fill(rendered.text, context).encode()
        headers = rendered.headers
    for target, expression in response.get("ResponseParameters", {}).items():
        value = mapped_value(str(expression), context, request)
        if target.startswith("method.response.header.") and value is not None:
            headers.setdefault(target.removeprefix("method.response.header."), value)
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    return ApiAnswer(int(response["StatusCode"]), tuple(headers.items()), body)


def _asked_status(definition: Mapping[str, Any], request: ApiRequest) -> str:
    found = template_for(definition.get("RequestTemplates", {}), request.header("content-type"))
    status = _STATUS_CODE.search(found[1]) if found else None
    if status is None:
        raise GatewayFaultError("API_CONFIGURATION_ERROR", "Internal server error")
    return status[1]


def _integration_response(definition: Mapping[str, Any], status: str) -> Mapping[str, Any]:
    """The response whose selection pattern fits; the one without a pattern is for all others."""
    responses: list[Mapping[str, Any]] = list(definition.get("IntegrationResponses", ()))
    for response in responses:
        pattern = response.get("SelectionPattern")
        if pattern and re.fullmatch(pattern, status):
            return response
    for response in responses:
        if not response.get("SelectionPattern"):
            return response
    raise GatewayFaultError("API_CONFIGURATION_ERROR", "Internal server error")
