"""What every model call leaves behind: one event, with tokens, money and who asked; an intent until it has ended."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

from lambdas.shared.domain.chat_model import TokenUsage

Outcome = Literal["completed", "interrupted", "refused", "uncertain", "blocked"]
# The error code of an intent: the call is under way, or whoever made it died before it could say how it ended.
UNSETTLED = "unsettled"


class LedgerEvent(NamedTuple):
    """One model call; `call_id` and `at`, when it began, are its name.

    `outcome`: `completed` = answered; `interrupted` = the answer's stream broke or was closed early, `usage` is an
    estimate; `refused` = rejected before any work, cost 0; `uncertain` = no answer came back (a timeout, say), so
    nobody knows whether it was billed: cost unknown; `blocked` = the guardrail kept the answer back, billed as usual.
    `cost_usd` None = not known, which is not the same as 0. It includes `guardrail_usd`, the part for the guardrail's
    assessment; None there = no guardrail was asked, or `cost_usd` is not known either.
    """

    call_id: str
    at: datetime
    tenant: str
    client: str
    subject: str
    operation: str
    reference: str
    model: str
    outcome: Outcome
    usage: TokenUsage
    cost_usd: Decimal | None
    estimated: bool = False
    stop_reason: str | None = None
    error_code: str | None = None
    prices_as_of: str = ""
    guardrail_usd: Decimal | None = None


class Ledger(Protocol):
    """Where events are kept: one row for each call."""

    def intend(self, intent: LedgerEvent) -> None:
        """Store the event of a call that has not ended. It never replaces a row of that call, however late it comes."""
        ...

    def record(self, event: LedgerEvent) -> None:
        """Store the event of a call that has ended, in the place of its intent; recorded twice it counts once."""
        ...
