"""Clients for end-to-end tests, added to the running stack by the adapter that the operator's command uses."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.domain.client import Client, hash_key
from tests.e2e.conftest import RunningStack

ALL_SCOPES = ("chat", "documents", "bulk", "embeddings", "collections", "rag", "delegate")


def add_key(
    stack: RunningStack,
    *,
    tenant: str,
    client: str,
    scopes: tuple[str, ...] = ALL_SCOPES,
    disabled: bool = False,
    expired: bool = False,
) -> str:
    """A fresh key of this client."""
    key = f"qk_{secrets.token_urlsafe(24)}"
    state: dict[str, Any] = {"state": "disabled"} if disabled else {}
    if expired:
        state["expires_at"] = datetime.now(UTC) - timedelta(minutes=1)
    added = Client(client_id=client, tenant=tenant, scopes=frozenset(scopes), key_hash=hash_key(key), **state)
    DynamoDbClientDirectory(stack.client("dynamodb"), table=stack.outputs["ClientsTableName"]).add(added)
    return key
