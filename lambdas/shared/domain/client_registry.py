"""All clients, as an operator sees and changes them; the authorizer knows only how to find one (`ClientDirectory`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from lambdas.shared.domain.client import Client, ClientState
from lambdas.shared.domain.errors import QuarryError


class KeyChangedError(QuarryError):
    """Somebody else changed or removed the key in the meantime; nothing was done."""

    code = "key_changed"


class ClientRegistry(Protocol):
    """Every key there is."""

    def clients(self) -> Iterator[Client]:
        """All of them, in no order."""
        ...

    def set_state(self, client: Client, state: ClientState) -> None:
        """Disable or enable the key; raises KeyChangedError where it is gone."""
        ...

    def replace(self, old: Client, new: Client) -> None:
        """Add `new` and store the new `expires_at` of `old`, both or none. Raises KeyChangedError where `old` is gone
        or disabled, or the new key is taken."""
        ...
