"""Decides whether a bearer key may call at all; scopes are for the functions behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lambdas.shared.domain.client import Client, ClientDirectory, UnauthorizedError, hash_key, is_well_formed_key
from lambdas.shared.domain.timestamps import utc_now

_SCHEME = "Bearer "


class AuthorizeClient:
    """Looks keys up by their hash only, which needs no comparison in constant time (see `ClientDirectory`'s
    implementations)."""

    def __init__(self, *, clients: ClientDirectory, now: Callable[[], datetime] = utc_now) -> None:
        self._clients = clients
        self._now = now

    def authorize(self, authorization: str) -> Client:
        """The client behind the header `Authorization: Bearer <key>`.

        Raises UnauthorizedError; its message says why, for the log and for nobody else.
        """
        key = authorization.removeprefix(_SCHEME)
        if key == authorization or not is_well_formed_key(key):
            raise UnauthorizedError("malformed")
        client = self._clients.find(hash_key(key))
        if client is None:
            raise UnauthorizedError("unknown")
        standing = client.standing(self._now())
        if standing != "active":
            raise UnauthorizedError(standing)
        return client
