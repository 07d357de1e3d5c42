"""What an operator does with keys: list, disable, enable, and rotate without an outage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambdas.shared.domain.client import Client, ClientState, hash_key
from lambdas.shared.domain.client_registry import ClientRegistry
from lambdas.shared.domain.errors import InvalidInputError, NotFoundError
from lambdas.shared.domain.timestamps import utc_now


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """Which keys are meant; None leaves it open. `fingerprint` may be shortened."""

    tenant: str | None = None
    client: str | None = None
    fingerprint: str | None = None

    def covers(self, client: Client) -> bool:
        """Whether `client` is meant. Fingerprints are no secrets: comparing them needs no constant time."""
        return (
            self.tenant in {None, client.tenant}
            and self.client in {None, client.client_id}
            and client.key_hash.startswith((self.fingerprint or "").lower())
        )


class ClientKeys:
    """Changes reach callers once the authorizer's cached answers have expired."""

    def __init__(self, *, clients: ClientRegistry, now: Callable[[], datetime] = utc_now) -> None:
        self._clients = clients
        self._now = now

    def find(self, choice: KeyChoice) -> list[Client]:
        """Those that are meant, by tenant, client and age; no error where there are none."""
        never = datetime.min.replace(tzinfo=self._now().tzinfo)
        meant = filter(choice.covers, self._clients.clients())
        return sorted(meant, key=lambda each: (each.tenant, each.client_id, each.created_at or never, each.key_hash))

    def set_state(self, choice: KeyChoice, state: ClientState) -> list[Client]:
        """Disable or enable all of one client's keys, or one key; answers them as they are now."""
        found = self._some(choice)
        if len({(each.tenant, each.client_id) for each in found}) > 1:
            raise InvalidInputError(
                "this names keys of several clients; add --tenant, --client or more of --fingerprint"
            )
        for each in found:
            self._clients.set_state(each, state)
        return [replace(each, state=state) for each in found]

    def rotate(self, choice: KeyChoice, *, key: str, overlap: timedelta) -> tuple[Client, Client]:
        """Give the client of one valid key the new `key`, and let the old one expire after `overlap`.

        The new one has the old one's scopes and expiry: a rotation grants nothing. Answers (old, new).
        """
        now = self._now()
        valid = [each for each in self._some(choice) if each.standing(now) == "active"]
        if len(valid) != 1:
            found = ", ".join(each.fingerprint for each in valid) or "none"
            raise InvalidInputError(f"exactly one valid key must be meant, found {found}; name it with --fingerprint")
        (old,) = valid
        end = now + overlap
        ending = replace(old, expires_at=end if old.expires_at is None else min(end, old.expires_at))
        new = replace(old, key_hash=hash_key(key), created_at=now)
        self._clients.replace(ending, new)
        return ending, new

    def _some(self, choice: KeyChoice) -> list[Client]:
        if found := self.find(choice):
            return found
        raise NotFoundError("there is no such key; `keys list` shows all")
