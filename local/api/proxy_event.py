"""The event of a Lambda proxy integration, in the full shape of a REST API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import fnmatch
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from local.api.messages import ApiRequest, Headers
from local.api.rest_api import RestApi
from local.api.routes import Match

_NOT_KNOWN_HERE = (
    "cognitoIdentityPoolId",
    "accountId",
    "cognitoIdentityId",
    "caller",
    "accessKey",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
    "userArn",
    "user",
)


def request_context(api: RestApi, request: ApiRequest, path: str) -> dict[str, Any]:
    """The part of `$context` that is known before a route is found; `path` is without the stage."""
    moment = datetime.fromtimestamp(request.received_at, UTC)
    return {
        "accountId": api.account,
        "apiId": api.id,
        "stage": api.stage,
        "httpMethod": request.method,
        "path": f"/{api.stage}{path}",
        "protocol": request.protocol,
        "requestId": request.request_id,
        "extendedRequestId": base64.urlsafe_b64encode(uuid.UUID(request.request_id).bytes).decode().rstrip("=") + "=",
        "requestTime": moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(request.received_at * 1000),
        "domainName": request.header("host") or "127.0.0.1",
        "domainPrefix": api.id,
        "deploymentId": "local",
        "identity": {
            **dict.fromkeys(_NOT_KNOWN_HERE),
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
    }


def proxy_event(api: RestApi, request: ApiRequest, match: Match, context: Mapping[str, Any], path: str) -> bytes:
    """The JSON text that the function gets; `context` becomes its requestContext."""
    headers = _with_forwarding(request)
    query = parse_qsl(request.query, keep_blank_values=True)
    body, encoded = _body(request, api.binary_media_types)
    event = {
        "resource": match.method.resource_path,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": dict(match.path_parameters) or None,
        "stageVariables": api.stage_variables,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": encoded,
    }
    return json.dumps(event, ensure_ascii=False).encode()


def _with_forwarding(request: ApiRequest) -> Headers:
    names = {name.lower() for name, _ in request.headers}
    added = (
        ("X-Forwarded-For", request.source_ip),
        ("X-Forwarded-Port", str(request.port)),
        ("X-Forwarded-Proto", "http"),
    )
    return request.headers + tuple(pair for pair in added if pair[0].lower() not in names)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def _body(request: ApiRequest, binary_media_types: tuple[str, ...]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if not media_type_matches(request.header("content-type"), binary_media_types):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def media_type_matches(header: str | None, media_types: Iterable[str]) -> bool:
    """Whether the first media type of a Content-Type or Accept header is one of the API's binary ones."""
    first = (header or "").split(",", 1)[0].split(";", 1)[0].strip().lower()
    return any(fnmatch.fnmatch(first, media_type.lower()) for media_type in media_types)
