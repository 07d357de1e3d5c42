"""What API Gateway itself answers when no function was reached, in the shape that the functions' errors have."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway

_Type = apigateway.ResponseType


@dataclass(frozen=True, slots=True)
class _Problem:
    response: apigateway.ResponseType
    status: int
    title: str
    code: str
    detail: str
    header: tuple[str, str] | None = None


_DEFECT = "Internal Server Error"
_RETRY = ("Retry-After", "1")
# Each type is spelled out: the two defaults below overwrite the status of every type that has no line of its own.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_PROBLEMS = (
    _Problem(_Type.BAD_REQUEST_BODY, 400, "Bad Request", "invalid_request", "The request body is not valid."),
    _Problem(_Type.BAD_REQUEST_PARAMETERS, 400, "Bad Request", "invalid_request", "A request parameter is not valid."),
    _Problem(
        _Type.UNAUTHORIZED, 401, "Unauthorized", "invalid_api_key",
        "Send a valid key as 'Authorization: Bearer <key>'.", ("WWW-Authenticate", "Bearer"),
    ),
    _Problem(_Type.ACCESS_DENIED, 403, "Forbidden", "forbidden", "This key may not do this."),
    _Problem(_Type.EXPIRED_TOKEN, 403, "Forbidden", "forbidden", "The request's signature has expired."),
    _Problem(_Type.INVALID_SIGNATURE, 403, "Forbidden", "forbidden", "The request's signature is not valid."),
    _Problem(_Type.INVALID_API_KEY, 403, "Forbidden", "forbidden", "The x-api-key header is not valid."),
    _Problem(_Type.WAF_FILTERED, 403, "Forbidden", "forbidden", "The request was refused by a firewall rule."),
    # API Gateway's own word for "no such route"
    _Problem(_Type.MISSING_AUTHENTICATION_TOKEN, 404, "Not Found", "not_found", "There is no such route or method."),
    _Problem(_Type.RESOURCE_NOT_FOUND, 404, "Not Found", "not_found", "There is no such route or method."),
    _Problem(_Type.REQUEST_TOO_LARGE, 413, "Content Too Large", "too_large", "The request is larger than 10 MB."),
    _Problem(
        _Type.UNSUPPORTED_MEDIA_TYPE, 415, "Unsupported Media Type", "unsupported_media_type", "Send application/json."
    ),
    _Problem(
        _Type.THROTTLED, 429, "Too Many Requests", "rate_limited", "Too many requests; wait and try again.", _RETRY
    ),
    _Problem(_Type.QUOTA_EXCEEDED, 429, "Too Many Requests", "quota_exceeded", "The usage plan's quota is used up."),
    _Problem(_Type.API_CONFIGURATION_ERROR, 500, _DEFECT, "internal_error", "Something went wrong."),
    _Problem(_Type.AUTHORIZER_CONFIGURATION_ERROR, 500, _DEFECT, "internal_error", "Something went wrong."),
    _Problem(_Type.AUTHORIZER_FAILURE, 500, _DEFECT, "internal_error", "The key could not be checked."),
    _Problem(_Type.INTEGRATION_FAILURE, 502, "Bad Gateway", "bad_gateway", "The function did not answer properly."),
    _Problem(_Type.INTEGRATION_TIMEOUT, 504, "Gateway Timeout", "timeout", "The answer took too long."),
    _Problem(_Type.DEFAULT_4_XX, 400, "Bad Request", "invalid_request", "The request cannot be served."),
    _Problem(_Type.DEFAULT_5_XX, 500, _DEFECT, "internal_error", "Something went wrong."),
)  # fmt: skip


def add_gateway_responses(api: apigateway.RestApi, *, cors_origins: Sequence[str]) -> None:
    """Give every response type a problem+json body, CORS headers and, where there is one, its telling header."""
    cors = _cors_headers(cors_origins)
    for problem in _PROBLEMS:
        name = problem.response.response_type
        headers = {"Content-Type": "'application/problem+json'", **cors}
        if problem.header:
            headers[problem.header[0]] = f"'{problem.header[1]}'"
        api.add_gateway_response(
            "".join(word.capitalize() for word in name.split("_")) + "Response",
            type=problem.response,
            status_code=str(problem.status),
            response_headers=headers,
            templates={"application/json": _body(problem)},
        )


def _body(problem: _Problem) -> str:
    kind = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}.get(problem.status)
    kind = kind or ("api_error" if problem.status >= 500 else "invalid_request_error")
    return json.dumps(
        {
            "type": "about:blank",
            "title": problem.title,
            "status": problem.status,
            "detail": problem.detail,
            "code": problem.code,
            "error": {"message": problem.detail, "type": kind, "code": problem.code},
        }
    )


def _cors_headers(origins: Sequence[str]) -> dict[str, str]:
    """A gateway response has no logic: with several origins it repeats the caller's. Its bodies are public text."""
    if not origins:
        return {}
    allowed = f"'{origins[0]}'" if len(origins) == 1 else "method.request.header.Origin"
    return {"Access-Control-Allow-Origin": allowed, "Access-Control-Expose-Headers": "'Retry-After,x-request-id'"}
