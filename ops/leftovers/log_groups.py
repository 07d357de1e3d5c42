"""CloudWatch log groups: those that no stack took along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ops.leftovers.kind import Say, Size
from ops.leftovers.prices import LOG_STORAGE


class LogGroups:
    """`client` is boto3's client of CloudWatch Logs."""

    label = "log group"
    arn = re.compile(r"arn:[^:]+:logs:[^:]*:\d*:log-group:([^:]+)(?::\*)?")

    def __init__(self, client: Any) -> None:
        self._client = client

    def size(self, name: str) -> Size | None:
        pages = self._client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
        for page in pages:
            for group in page["logGroups"]:
                if group["logGroupName"] == name:
                    stored = group.get("storedBytes", 0)
                    return Size(stored, LOG_STORAGE.of(stored))
        return None

    def tags(self, name: str, arn: str) -> Mapping[str, str]:
        # this call takes the ARN without the `:*` that other calls of the service put at its end
        tags: dict[str, str] = self._client.list_tags_for_resource(resourceArn=arn.removesuffix(":*"))["tags"]
        return tags

    def delete(self, name: str, say: Say) -> None:
        self._client.delete_log_group(logGroupName=name)
