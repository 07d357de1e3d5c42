"""moto finds a request's service without listing its own folder each time, under a lock that all requests share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from local.cloud.seams.patching import replace


def _remembered(original: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[str, Any] = {}

    def backend_for(self: Any, host: str | None) -> Any:
        """A host always means the same service."""
        if host is None:
            return None
        if host not in known:
            known[host] = original(self, host)
        return known[host]

    return backend_for


@cache
def install() -> None:
    """Wrap the look-up by host."""
    replace(DomainDispatcherApplication, "get_backend_for_host", _remembered)
