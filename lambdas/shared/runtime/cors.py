"""CORS headers for browsers: only origins that this deployment allows are answered."""

from __future__ import annotations

import os
from collections.abc import Mapping

_EXPOSED = "x-request-id, retry-after, idempotency-replayed"


def cors_headers(origin: str | None, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Headers for every answer, errors included; `CORS_ORIGINS` is a comma-separated list, `*`, or unset.

    Preflight requests never come here: API Gateway answers them.
    """
    allowed = (os.environ if environ is None else environ).get("CORS_ORIGINS", "").strip()
    if not allowed:
        return {}
    if allowed == "*":
        return {"access-control-allow-origin": "*", "access-control-expose-headers": _EXPOSED}
    # A cache must keep answers for different origins apart, also those without the header.
    headers = {"vary": "origin"}
    if origin and origin in {entry.strip() for entry in allowed.split(",")}:
        headers |= {"access-control-allow-origin": origin, "access-control-expose-headers": _EXPOSED}
    return headers
