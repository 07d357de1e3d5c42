"""Errors in each service's own words: which code and status it answers with, and in which form."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from local.faults.operation_names import protocol_of

Answer = tuple[str, list[tuple[str, str]], bytes]
# What SDKs know as throttling of that service: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_THROTTLED = {
    "bedrock-runtime": ("ThrottlingException", 429),
    "bedrock": ("ThrottlingException", 429),
    "bedrock-agent": ("ThrottlingException", 429),
    "bedrock-agent-runtime": ("ThrottlingException", 429),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "s3": ("SlowDown", 503),
    "sqs": ("RequestThrottled", 400),
}
_FAILED = {
    "bedrock-runtime": ("InternalServerException", 500),
    "bedrock": ("InternalServerException", 500),
    "bedrock-agent": ("InternalServerException", 500),
    "bedrock-agent-runtime": ("InternalServerException", 500),
    "dynamodb": ("InternalServerError", 500),
    "events": ("InternalException", 500),
    "lambda": ("ServiceException", 500),
    "s3": ("InternalError", 500),
}
_OTHERS_THROTTLED, _OTHERS_FAILED = ("ThrottlingException", 400), ("InternalFailure", 500)


def throttled(service: str, params: Mapping[str, Any], *, fault: int) -> Answer:
    """The service's throttling error, unless `params` name another code or status."""
    return _answer(service, _THROTTLED.get(service, _OTHERS_THROTTLED), params, "Rate exceeded", fault)


def failed(service: str, params: Mapping[str, Any], *, fault: int) -> Answer:
    """The service's internal error, unless `params` name another code or status."""
    return _answer(service, _FAILED.get(service, _OTHERS_FAILED), params, "Something failed inside the service", fault)


def _answer(service: str, usual: tuple[str, int], params: Mapping[str, Any], text: str, fault: int) -> Answer:
    code, status = str(params.get("code", usual[0])), int(params.get("status", usual[1]))
    message, request_id = f"{text} (injected by fault {fault}).", str(uuid.uuid4())
    if protocol_of(service) in {"rest-xml", "query", "ec2"}:
        body, kind = _xml(service, code, message, request_id), "application/xml"
    else:
        body, kind = json.dumps({"__type": code, "message": message}), "application/json"
    headers = [("Content-Type", kind), ("x-amzn-ErrorType", code), ("x-amzn-RequestId", request_id)]
    return f"{status} {code}", [*headers, ("Content-Length", str(len(body.encode())))], body.encode()


def _xml(service: str, code: str, message: str, request_id: str) -> str:
    inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if service == "s3":
        return f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    return f"<ErrorResponse><Error>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
