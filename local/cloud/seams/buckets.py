"""Bucket properties that moto's CloudFormation ignores and the product relies on: versioning, EventBridge, CORS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from moto.s3.models import FakeBucket, s3_backends

from local.cloud.seams.patching import replace

_NOT_EMULATED = ("LambdaConfigurations", "QueueConfigurations", "TopicConfigurations")


def _apply(bucket: Any, properties: Mapping[str, Any], account: str) -> None:
    backend = s3_backends[account]["aws"]
    if status := properties.get("VersioningConfiguration", {}).get("Status"):
        backend.put_bucket_versioning(bucket.name, status)
    notifications = properties.get("NotificationConfiguration", {})
    if unsupported := [name for name in _NOT_EMULATED if notifications.get(name)]:
        raise ValueError(f"bucket notifications by {unsupported[0]} are not emulated; use EventBridge")
    if notifications.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", False):
        bucket.set_notification_configuration({"EventBridgeConfiguration": {}})
    if rules := properties.get("CorsConfiguration", {}).get("CorsRules"):
        backend.put_bucket_cors(bucket.name, [_cors_rule(rule) for rule in rules])


def _cors_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "AllowedMethods": "AllowedMethod",
        "AllowedOrigins": "AllowedOrigin",
        "AllowedHeaders": "AllowedHeader",
        "ExposedHeaders": "ExposeHeader",
        "MaxAge": "MaxAgeSeconds",
    }
    given = {api: rule[cfn] for cfn, api in names.items() if cfn in rule}
    return {api: str(value) if isinstance(value, int) else value for api, value in given.items()}


def _with_properties(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, *args: Any, **kw: Any) -> Any:
        bucket = original(cls, resource_name, cloudformation_json, account_id, *args, **kw)
        _apply(bucket, cloudformation_json.get("Properties", {}), account_id)
        return bucket

    return create


@cache
def install() -> None:
    """Wrap the creation of buckets by CloudFormation."""
    replace(FakeBucket, "create_from_cloudformation_json", _with_properties)
