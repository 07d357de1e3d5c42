"""A client directory in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lambdas.shared.domain.client import Client, ClientState, KeyInUseError
from lambdas.shared.domain.client_registry import KeyChangedError


class InMemoryClientDirectory:
    """Knows the clients it is given; `lookups` counts searches by key."""

    def __init__(self, *clients: Client) -> None:
        self._clients = {client.key_hash: client for client in clients}
        self.lookups = 0

    def find(self, key_hash: str) -> Client | None:
        self.lookups += 1
        return self._clients.get(key_hash)

    def tenant_exists(self, tenant: str) -> bool:
        return any(client.tenant == tenant for client in self._clients.values())

    def add(self, client: Client) -> None:
        known = self._clients.get(client.key_hash)
        if known is not None and (known.client_id, known.tenant) != (client.client_id, client.tenant):
            raise KeyInUseError("this key belongs to another client")
        self._clients[client.key_hash] = client

    def clients(self) -> Iterator[Client]:
        yield from list(self._clients.values())

    def set_state(self, client: Client, state: ClientState) -> None:
        if client.key_hash not in self._clients:
            raise KeyChangedError("gone")
        self._clients[client.key_hash] = replace(self._clients[client.key_hash], state=state)

    def replace(self, old: Client, new: Client) -> None:
        stored = self._clients.get(old.key_hash)
        if stored is None or stored.state != "active" or new.key_hash in self._clients:
            raise KeyChangedError("gone")
        self._clients[old.key_hash] = replace(stored, expires_at=old.expires_at)
        self._clients[new.key_hash] = new
