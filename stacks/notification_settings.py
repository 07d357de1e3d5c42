"""The settings of who is told that a document has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from stacks.setting_rules import list_of, text

_ADDRESS = text(r"[^@\s]{1,64}@[A-Za-z0-9.\-]{1,190}", meaning='an e-mail address like "team@example.com"')
# EventBridge calls HTTPS alone; an address of this machine is for the local stack.
_WEBHOOK = text(
    r"|https://[A-Za-z0-9.\-]+(:\d+)?(/[^\s#]*)?|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s#]*)?",
    meaning='an address like "https://hooks.example.com/quarry", or "" for none',
)
_HEADER = text(r"[A-Za-z][A-Za-z0-9\-]{0,63}", meaning='the name of an HTTP header like "X-Api-Key"')


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """E-mail addresses, and one web address with the header in which it wants its key."""

    email: Annotated[tuple[str, ...], list_of(_ADDRESS, most=20)]
    webhook_url: Annotated[str, _WEBHOOK]
    webhook_header: Annotated[str, _HEADER]

    @property
    def wanted(self) -> bool:
        return bool(self.email or self.webhook_url)
