"""The public operations: health, and the description itself."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from lambdas.shared.runtime.operation import Operation


class HealthAnswer(msgspec.Struct, frozen=True):
    """The API is deployed and reachable; nothing else is asked."""

    status: Literal["ok"]


OPERATIONS = (
    Operation(
        method="GET",
        path="/health",
        tag="reference",
        handler=None,
        name="getHealth",
        summary="Is the API there?",
        description="Answered by API Gateway itself, without a function.",
        scope=None,
        answer=HealthAnswer,
        answer_example={"status": "ok"},
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        tag="reference",
        handler="reference/openapi",
        name="getOpenApi",
        summary="This document",
        scope=None,
        answer=dict[str, Any],
        cacheable=True,
    ),
)
