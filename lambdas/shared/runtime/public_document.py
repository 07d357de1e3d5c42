"""A public file over HTTP: read once, answered with an ETag, 304 for those who have it already."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from lambdas.shared.runtime.cors import cors_headers
from lambdas.shared.runtime.observability import InvocationLog
from lambdas.shared.runtime.request import headers_of, request_id_of

# Caches may answer alone for this long; afterwards they ask with the ETag.
_MAX_AGE_SECONDS = 300


def public_document(path: Path, *, content_type: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """A Lambda handler that answers any request with the UTF-8 file at `path`. It asks for no key and looks at nothing
    but If-None-Match, so it is only for what everybody may read."""

    @cache
    def document() -> tuple[str, str]:
        content = path.read_bytes()
        return content.decode("utf-8"), f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        request_id, headers = request_id_of(event, context), headers_of(event)
        log = InvocationLog(request_id=request_id, method=event.get("httpMethod"), resource=event.get("resource"))
        text, tag = document()
        known = _is_known(headers.get("if-none-match", ""), tag)
        answer = {"etag": tag, "cache-control": f"public, max-age={_MAX_AGE_SECONDS}", "x-request-id": request_id}
        answer |= cors_headers(headers.get("origin"))
        log.write(status=304 if known else 200)
        if known:
            return {"statusCode": 304, "headers": answer, "body": "", "isBase64Encoded": False}
        answer["content-type"] = content_type
        return {"statusCode": 200, "headers": answer, "body": text, "isBase64Encoded": False}

    return handle


def _is_known(if_none_match: str, tag: str) -> bool:
    """Weak comparison: https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match"""
    offered = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in offered or tag in offered
