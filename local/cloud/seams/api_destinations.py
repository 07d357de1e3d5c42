"""EventBridge's API destinations: a real HTTP call with the connection's key, tried again while the other side fails.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from moto.events.models import events_backends

# AWS gives an answer five seconds, and tries again for a day; here a person waits.
_PATIENCE_SECONDS = 5
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.5
_TRIED_AGAIN = frozenset({401, 407, 409, 429})


class CallFailedError(Exception):
    """The other side did not take the event."""


def is_api_destination(arn: str) -> bool:
    """Event buses are targets of the same service."""
    return ":api-destination/" in arn


def call(target: Mapping[str, Any], text: str) -> None:
    """Send `text` to the target's address; raises CallFailedError after the last attempt."""
    _, _, _, region, account, resource = str(target["Arn"]).split(":", 5)
    backend = events_backends[account][region]
    destination = backend.destinations[resource.split("/")[1]]
    (connection,) = [each for each in backend.connections.values() if each.arn == destination.connection_arn]
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "Amazon/EventBridge/ApiDestinations"}
    if key := connection.auth_parameters.get("ApiKeyAuthParameters"):
        headers[key["ApiKeyName"]] = key["ApiKeyValue"]
    for attempt in range(1, _ATTEMPTS + 1):
        outcome = _send(destination.http_method, destination.invocation_endpoint, text.encode(), headers)
        if isinstance(outcome, int) and outcome < 300:
            return
        again = not isinstance(outcome, int) or outcome >= 500 or outcome in _TRIED_AGAIN
        if not again or attempt == _ATTEMPTS:
            raise CallFailedError(f"{urlsplit(destination.invocation_endpoint).netloc} answered {outcome}")
        time.sleep(_PAUSE_SECONDS)


def _send(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> int | str:
    """The status, or the name of what went wrong."""
    place = urlsplit(url)
    connect = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = connect(place.netloc, timeout=_PATIENCE_SECONDS)
    try:
        path = place._replace(scheme="", netloc="", fragment="").geturl()
        connection.request(method, path or "/", body, dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
