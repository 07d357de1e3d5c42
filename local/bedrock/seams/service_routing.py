"""Seam: moto's server finds Bedrock by its paths, also for bearer keys and unsigned requests."""

from __future__ import annotations

import re
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

_RUNTIME = re.compile(
    r"/model/.+/(converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)/?"
    r"|/guardrail/.+/version/.+/apply/?"
)
_CONTROL = re.compile(r"/(foundation-models|inference-profiles)(/.+)?")
_BATCH = re.compile(r"/model-invocation-jobs?(/.+)?")
# Of two services, whose paths differ: one response class answers for both.
_AGENT = re.compile(r"/knowledgebases(/.*)?|/(rerank|retrieveAndGenerate|retrieveAndGenerateStream)/?")
_SCOPE = re.compile(r"Credential=[^/]+/[^/]+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_infer = DomainDispatcherApplication.infer_service_region_host


def open_service_routing() -> None:
    """Signed requests would be told apart by trying the routers of three services, under the server's one lock;
    those with an Amazon Bedrock API key (`Authorization: Bearer`) and plain `curl` would go to S3."""
    DomainDispatcherApplication.infer_service_region_host = _infer_bedrock_first


def _infer_bedrock_first(self: Any, environ: dict[str, Any], path: str) -> str | None:
    region = _bedrock_region(environ.get("HTTP_AUTHORIZATION", ""))
    if region and environ.get("REQUEST_METHOD") == "POST" and _RUNTIME.fullmatch(path):
        return f"bedrock-runtime.{region}.amazonaws.com"
    if region and _BATCH.fullmatch(path):
        return f"bedrock.{region}.amazonaws.com"
    if region and _AGENT.fullmatch(path):
        return f"bedrock-agent.{region}.amazonaws.com"
    if region and environ.get("REQUEST_METHOD") == "GET" and _CONTROL.fullmatch(path):
        return f"bedrock.{region}.amazonaws.com"
    host: str | None = _infer(self, environ, path)
    return host


def _bedrock_region(authorization: str) -> str | None:
    """The region that a request to Bedrock names; None where it is signed for another service."""
    scope = _SCOPE.search(authorization)
    if scope:
        return scope["region"] if scope["service"] == "bedrock" else None
    return "us-east-1" if not authorization or authorization.startswith("Bearer ") else None
