"""Clients as items: one per key and one per tenant.

Keys: `key#<SHA-256 of the key, hex>`, `tenant#<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambdas.shared.domain.client import SCOPES, Client

KEY_PREFIX = "key#"


def key_of(key_hash: str) -> dict[str, Any]:
    """The primary key of a client's item."""
    return {"pk": {"S": f"{KEY_PREFIX}{key_hash}"}}


def item_of(client: Client) -> dict[str, Any]:
    """The whole item; times in seconds. `valid_until` and not `expires_at`: nothing here may vanish by a TTL."""
    item: dict[str, Any] = {
        **key_of(client.key_hash),
        "client_id": {"S": client.client_id},
        "tenant": {"S": client.tenant},
        "scopes": {"S": " ".join(sorted(client.scopes))},
        "state": {"S": client.state},
    }
    for attribute, moment in (("valid_until", client.expires_at), ("created_at", client.created_at)):
        if moment is not None:
            item[attribute] = seconds(moment)
    return item


def tenant_key(tenant: str) -> dict[str, Any]:
    """The primary key, and all there is, of a tenant's item."""
    return {"pk": {"S": f"tenant#{tenant}"}}


def seconds(moment: datetime) -> dict[str, str]:
    """A time as an attribute's value."""
    return {"N": str(int(moment.timestamp()))}


def client_from(item: Mapping[str, Any]) -> Client:
    """The client of an item."""
    return Client(
        client_id=item["client_id"]["S"],
        tenant=item["tenant"]["S"],
        # A scope that this version does not know grants nothing, and locks nobody out.
        scopes=frozenset(item["scopes"]["S"].split()) & SCOPES,
        key_hash=item["pk"]["S"].removeprefix(KEY_PREFIX),
        # Whatever is not plainly active is not allowed in.
        state="active" if item["state"]["S"] == "active" else "disabled",
        expires_at=_time(item, "valid_until"),
        created_at=_time(item, "created_at"),
    )


def _time(item: Mapping[str, Any], attribute: str) -> datetime | None:
    return datetime.fromtimestamp(int(item[attribute]["N"]), UTC) if attribute in item else None
