"""Fills in `$context...` variables and mapped header values, as gateway and integration responses may use them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.api.messages import ApiRequest

_NAME = r"context\.([\w.-]*\w)"
_VARIABLE = re.compile(rf"\${_NAME}|\$\{{{_NAME}\}}", re.ASCII)


def lookup(context: Mapping[str, Any], dotted: str) -> str:
    """The text of e.g. `error.messageString` in nested mappings; empty where there is none."""
    value: Any = context
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)


def fill(template: str, context: Mapping[str, Any]) -> str:
    """The template with every `$context.x` and `${context.x}` replaced."""
    return _VARIABLE.sub(lambda found: lookup(context, found[1] or found[2]), template)


def mapped_value(expression: str, context: Mapping[str, Any], request: ApiRequest) -> str | None:
    """A header's value: `'static'`, `context.x` or `method.request.header.X`; None if that header is missing."""
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        return expression[1:-1]
    if expression.startswith("method.request.header."):
        return request.header(expression.removeprefix("method.request.header."))
    if expression.startswith("context."):
        return lookup(context, expression.removeprefix("context."))
    return None


def template_for(templates: Mapping[str, str], accepted: str | None) -> tuple[str, str] | None:
    """Content type and text of the template that suits an Accept or Content-Type header, JSON by default."""
    wanted = [word.split(";", 1)[0].strip() for word in (accepted or "").split(",")]
    for content_type in (*wanted, "application/json", *templates):
        if content_type in templates:
            return content_type, templates[content_type]
    return None
