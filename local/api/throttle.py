"""Holds each method to the stage's rate and burst, as a token bucket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.api.messages import GatewayFaultError
from local.api.rest_api import Method


class TokenBucket:
    """`burst` requests at once, refilled with `rate` a second."""

    def __init__(self, *, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._tokens, self._filled_at = burst, now()

    def take(self) -> bool:
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttle:
    """One bucket for each method of each resource, made from the stage's MethodSettings.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
    """

    def __init__(
        self, method_settings: Sequence[Mapping[str, Any]], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = {_key(setting): setting for setting in method_settings}
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], TokenBucket | None] = {}

    def check(self, method: Method, http_method: str) -> None:
        """Raises the THROTTLED fault when the bucket is empty."""
        key = (method.resource_path, http_method)
        with self._lock:
            if key not in self._buckets:
                self._buckets[key] = self._bucket(*key)
            bucket = self._buckets[key]
            if bucket is not None and not bucket.take():
                raise GatewayFaultError("THROTTLED", "Too Many Requests")

    def _bucket(self, path: str, http_method: str) -> TokenBucket | None:
        for key in ((path, http_method), (path, "*"), ("/*", http_method), ("/*", "*")):
            setting = self._settings.get(key, {})
            rate, burst = setting.get("ThrottlingRateLimit"), setting.get("ThrottlingBurstLimit")
            if rate is not None or burst is not None:
                # either may stand alone; the account's own 10,000 and 5,000 fill the gap
                return TokenBucket(
                    rate=float(10_000 if rate is None else rate),
                    burst=float(5_000 if burst is None else burst),
                    now=self._now,
                )
        return None


def _key(setting: Mapping[str, Any]) -> tuple[str, str]:
    # the template writes /chat/stream as /~1chat~1stream
    path = "/" + str(setting.get("ResourcePath", "/*")).replace("~1", "/").lstrip("/")
    return path, str(setting.get("HttpMethod", "*"))
