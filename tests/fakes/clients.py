"""A client directory in memory."""

from __future__ import annotations

from lambdas.shared.domain.client import Client, KeyInUseError


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
