"""S3 events on EventBridge in the shape that AWS documents: created by put, copy and multipart, and deleted.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import secrets
import string
import threading
import time
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.s3 import notifications
from moto.s3.models import S3Backend

from local.cloud.seams.event_delivery import iso_time, publish
from local.cloud.seams.patching import replace

_CREATED_BY = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
_REQUEST_ID = string.ascii_uppercase + string.digits
_lock = threading.Lock()
_last_sequencer = 0


def next_sequencer() -> str:
    """A hexadecimal string of 16 digits, greater than every one before it, as S3 gives for events of one key."""
    global _last_sequencer
    with _lock:
        _last_sequencer = max(_last_sequencer + 1, time.time_ns())
        return f"{_last_sequencer:016X}"


def _event(account: str, bucket: Any, detail_type: str, stored: dict[str, Any], **detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": "aws.s3",
        "account": account,
        "time": iso_time(time.time()),
        "region": bucket.region_name,
        "resources": [bucket.arn],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": {**stored, "sequencer": next_sequencer()},
            "request-id": "".join(secrets.choice(_REQUEST_ID) for _ in range(16)),
            "requester": account,
            "source-ip-address": "127.0.0.1",
            **detail,
        },
    }


def _version(bucket: Any, version_id: Any) -> dict[str, str]:
    return {"version-id": str(version_id)} if bucket.is_versioned and version_id else {}


def _send_created(_: Any) -> Callable[..., None]:
    """Removals, tags and ACLs go no further here: removals are sent by `_send_deleted`, the others are not emulated."""

    def send(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
        reason = _CREATED_BY.get(str(getattr(event_name, "value", event_name)))
        if reason is None:
            return
        stored = {"key": key.name, "size": key.size, "etag": key.etag.strip('"'), **_version(bucket, key.version_id)}
        event = _event(account_id, bucket, "Object Created", stored, reason=reason)
        publish(event, account=account_id, region=bucket.region_name)

    return send


def _send_deleted(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete(self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False) -> Any:
        bucket = self.get_bucket(bucket_name)
        existed = key_name in bucket.keys
        success, meta = original(self, bucket_name, key_name, version_id=version_id, bypass=bypass)
        configuration = bucket.notification_configuration
        if success and existed and configuration is not None and configuration.event_bridge is not None:
            marker = bucket.is_versioned and version_id is None
            stored = {"key": key_name, **_version(bucket, meta.get("version-id"))}
            kind = {"deletion-type": "Delete Marker Created" if marker else "Permanently Deleted"}
            event = _event(self.account_id, bucket, "Object Deleted", stored, reason="DeleteObject", **kind)
            publish(event, account=self.account_id, region=bucket.region_name)
        return success, meta

    return delete


def _one_event_per_upload(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto completes a multipart upload by a put of its own, which must not be told as a second event."""

    def put(self: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("multipart") is not None:
            kwargs["disable_notification"] = True
        return original(self, *args, **kwargs)

    return put


@cache
def install() -> None:
    """Replace moto's EventBridge message, add one to deletions, and take one from multipart uploads."""
    replace(S3Backend, "put_object", _one_event_per_upload)
    replace(notifications, "_send_event_bridge_message", _send_created)
    replace(S3Backend, "delete_object", _send_deleted)
