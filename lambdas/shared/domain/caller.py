"""Who is asking: taken from the authorizer's answer, never from the request body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated client, and the person it speaks for.

    `subject` is the client's own id, unless the key has the scope `delegate` and the request names another
    one (`X-Quarry-Subject`).
    """

    tenant: str
    client: str
    subject: str
    scopes: frozenset[str] = frozenset()

    @property
    def owner(self) -> str:
        """Partition of everything personal: conversations, usage, idempotency."""
        return f"{self.tenant}#{self.client}#{self.subject}"
