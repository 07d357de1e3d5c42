"""S3's conditional put decides once, however many come at the same time: moto looks first and writes afterwards.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.s3.responses import S3Response

from local.cloud.seams.patching import replace

_LOCK = threading.Lock()


def _one_at_a_time(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def put_object(response: Any) -> Any:
        if not response.headers.get("If-None-Match"):
            return original(response)
        with _LOCK:
            return original(response)

    return put_object


@cache
def install() -> None:
    """Wrap moto's PutObject."""
    replace(S3Response, "put_object", _one_at_a_time)
