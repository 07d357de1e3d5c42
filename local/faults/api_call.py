"""Reads from an HTTP request which AWS operation it is and which local function makes it."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from local.faults.operation_names import rest_operation

_SCOPE = re.compile(r"Credential=[^/,]+/[^/]+/[^/]+/(?P<service>[^/]+)/")
# The host gives every function's process an access key id of its own, which is part of each signature.
_CALLER = re.compile(r"Credential=local_(?P<function>\w+)_(?P<process>[0-9a-f]{8})/")
_BOTO_NAMES = {"states": "stepfunctions", "monitoring": "cloudwatch", "email": "ses"}
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """`service` as boto3 names it; `function` and `process` are empty for callers that are no local function."""

    service: str
    operation: str
    function: str = ""
    process: str = ""

    def __str__(self) -> str:
        who = f" by {self.function}" if self.function else ""
        return f"{self.service} {self.operation or 'unknown operation'}{who}"


def api_call(environ: dict[str, Any]) -> ApiCall:
    """The call that a WSGI request makes; unknown parts are empty. A form's body can still be read afterwards."""
    service = _service(environ)
    caller = _CALLER.search(environ.get("HTTP_AUTHORIZATION", ""))
    return ApiCall(
        service=service,
        operation=_operation(environ, service),
        function=caller["function"] if caller else "",
        process=caller["process"] if caller else "",
    )


def calling_function(authorization: str) -> str:
    """The local function that signed the request; empty for any other caller."""
    caller = _CALLER.search(authorization)
    return caller["function"] if caller else ""


def _service(environ: dict[str, Any]) -> str:
    path = str(environ.get("PATH_INFO", ""))
    signed = environ.get("HTTP_AUTHORIZATION", "")
    presigned = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential", [""])[0]
    scope = _SCOPE.search(signed) or _SCOPE.search(f"Credential={presigned}")
    name = scope["service"] if scope else "bedrock" if path.startswith("/model/") else "s3"
    if name == "bedrock":
        return _bedrock_service(path)
    return _BOTO_NAMES.get(name, name)


def _bedrock_service(path: str) -> str:
    """All of its services sign as one."""
    if path.startswith(("/model/", "/guardrail/")):
        return "bedrock-runtime"
    if path.startswith(("/rerank", "/retrieveAndGenerate")) or path.rstrip("/").endswith("/retrieve"):
        return "bedrock-agent-runtime"
    return "bedrock-agent" if path.startswith("/knowledgebases") else "bedrock"


def _operation(environ: dict[str, Any], service: str) -> str:
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return target.rpartition(".")[2]
    if str(environ.get("CONTENT_TYPE", "")).startswith(_FORM) and service not in {"s3", "bedrock-runtime"}:
        return _action(environ)
    return rest_operation(
        service,
        method=str(environ["REQUEST_METHOD"]),
        path=str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace"),
        query=str(environ.get("QUERY_STRING", "")),
        headers=frozenset(name[5:].replace("_", "-").lower() for name in environ if name.startswith("HTTP_")),
    )


def _action(environ: dict[str, Any]) -> str:
    body = read_body(environ)
    environ["wsgi.input"] = io.BytesIO(body)
    return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]


def read_body(environ: dict[str, Any]) -> bytes:
    """The request's whole body."""
    if environ.get("wsgi.input_terminated"):
        return bytes(environ["wsgi.input"].read())
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
