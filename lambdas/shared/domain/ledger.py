"""What every model call leaves behind: one event, with tokens, money and who asked."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

from lambdas.shared.domain.chat_model import TokenUsage

Outcome = Literal["completed", "interrupted", "refused", "uncertain", "blocked"]


class LedgerEvent(NamedTuple):
    """One model call.

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
    """Where events are kept."""

    def record(self, event: LedgerEvent) -> None:
        """Store the event; the same event recorded twice counts once."""
        ...
