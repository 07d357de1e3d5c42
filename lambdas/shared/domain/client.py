"""Clients of the API: who may call, for which tenant, with which scopes, until when."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from lambdas.shared.domain.errors import InvalidInputError, QuarryError

ClientState = Literal["active", "disabled"]
SCOPES = frozenset({"chat", "documents", "bulk", "embeddings", "collections", "rag", "delegate", "admin"})

_KEY = re.compile(r"qk_[A-Za-z0-9_-]{5,200}")
# No '#' and no '/': names are joined with '#' to an owner, and a tenant is a path segment in S3.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class UnauthorizedError(QuarryError):
    """No valid key. The message is for our log; the caller never learns which rule failed."""

    code = "unauthorized"


class KeyInUseError(QuarryError):
    """The key already belongs to another client."""

    code = "key_in_use"


@dataclass(frozen=True, slots=True)
class Client:
    """One key's holder. The key itself is never kept: `key_hash` is `hash_key`'s. Times are aware, or None: never
    expires, made before such times were kept."""

    client_id: str
    tenant: str
    scopes: frozenset[str]
    key_hash: str
    state: ClientState = "active"
    expires_at: datetime | None = None
    created_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """Names the key among others, and is of no use to who wants to call: 12 hex digits of the hash."""
        return self.key_hash[:12]

    def standing(self, now: datetime) -> Literal["active", "disabled", "expired"]:
        """What the authorizer makes of it."""
        if self.state != "active":
            return "disabled"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"

    def __post_init__(self) -> None:
        for what, name in (("client", self.client_id), ("tenant", self.tenant)):
            if not _NAME.fullmatch(name):
                raise InvalidInputError(f"{what} {name!r}: use 1 to 64 letters, digits, dots, hyphens, underscores")
        unknown = sorted(self.scopes - SCOPES)
        if unknown:
            raise InvalidInputError(f"unknown scopes {', '.join(unknown)}; there are {', '.join(sorted(SCOPES))}")


def hash_key(key: str) -> str:
    """SHA-256 in hex. Keys are 256 random bits, so a slow, salted hash would protect nothing more."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_well_formed_key(key: str) -> bool:
    """Whether this can be a key at all: `qk_` and at least 5 URL-safe characters."""
    return _KEY.fullmatch(key) is not None


class ClientDirectory(Protocol):
    """Who the clients are."""

    def find(self, key_hash: str) -> Client | None:
        """The client with this key, in whatever state; None for an unknown key."""
        ...

    def tenant_exists(self, tenant: str) -> bool:
        """Whether any client was ever added for this tenant."""
        ...

    def add(self, client: Client) -> None:
        """Store the client and its tenant. Adding the same client with the same key again updates it; a key of
        another client raises `KeyInUseError`."""
        ...
