"""The deployment's guardrail around model calls: where it goes along, what it may hold back, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.chat_model import ChatReply, ChatRequest
from lambdas.shared.domain.errors import BlockedByGuardrailError
from lambdas.shared.domain.guardrail import (
    BLOCKED,
    STOPPED,
    Guardrail,
    GuardrailChecker,
    GuardrailPrices,
    GuardrailReport,
    estimated_units,
)


class GuardrailBill(NamedTuple):
    """`usd` None = not known; `estimated` where the guardrail did not say what it had assessed."""

    usd: Decimal | None
    estimated: bool


class Guarding:
    """A request with guarded messages takes the guardrail along, and so does every stream. Of any other request only
    the answer is assessed, by `checker`; without a checker the guardrail goes along and assesses the whole request."""

    def __init__(
        self, *, guardrail: Guardrail | None, checker: GuardrailChecker | None, prices: GuardrailPrices
    ) -> None:
        self._guardrail = guardrail
        self._checker = checker
        self._prices = prices

    @property
    def assesses_before_sending(self) -> bool:
        """Whether a piece of a stream has been assessed when it is there."""
        return self._guardrail is None or self._guardrail.stream_mode == "sync"

    def attach(self, request: ChatRequest, *, streams: bool) -> ChatRequest:
        """The request with its guardrail, where that goes along."""
        if self._guardrail is None:
            return request
        if self._checker is None or streams or any(message.guarded for message in request.messages):
            return replace(request, guardrail=self._guardrail)
        return request

    def check(self, request: ChatRequest, reply: ChatReply) -> ChatReply:
        """The reply as the guardrail lets it pass. Raises what `GuardrailChecker.check` raises."""
        if self._guardrail is None or self._checker is None or request.guardrail is not None or not reply.text:
            return reply
        checked = self._checker.check(reply.text, guardrail=self._guardrail, source="output")
        return replace(reply, text=checked.text, guardrail=checked.report)

    def bill(self, request: ChatRequest, text: str, report: GuardrailReport | None) -> GuardrailBill | None:
        """What the assessment of a request and its answer's `text` cost; None where nothing was assessed."""
        if report is not None:
            return GuardrailBill(self._prices.price(report.units), estimated=False)
        if request.guardrail is None:
            return None
        guarded = [message.text for message in request.messages if message.guarded]
        assessed = guarded or [message.text for message in request.messages]
        units = estimated_units(sum(map(len, assessed))).plus(estimated_units(len(text)))
        return GuardrailBill(self._prices.price(units), estimated=True)


class HeldBack:
    """The beginning of a stream, for as long as it reads like one of the guardrail's own messages: those stand where
    an answer was blocked, and that they did is known only when the stream ends."""

    def __init__(self, guardrail: Guardrail | None) -> None:
        self._messages = guardrail.messages if guardrail else ()
        self._pieces: list[str] = []

    def take(self, piece: str) -> Sequence[str]:
        """What may be sent on now."""
        if not self._messages:
            return (piece,)
        self._pieces.append(piece)
        beginning = "".join(self._pieces)
        if any(message.startswith(beginning) for message in self._messages):
            return ()
        self._messages = ()
        return self.rest()

    def rest(self) -> Sequence[str]:
        """What is still held back, once the whole answer has passed."""
        pieces, self._pieces = self._pieces, []
        return pieces


def total(tokens_usd: Decimal | None, bill: GuardrailBill | None) -> Decimal | None:
    """USD of both; None when either is not known."""
    if tokens_usd is None or bill is None:
        return tokens_usd
    return None if bill.usd is None else tokens_usd + bill.usd


def is_blocked(reply: ChatReply) -> bool:
    """A guardrail that stopped an answer without saying why has blocked it; one that masked something has not."""
    report = reply.guardrail
    if report is not None and report.interventions:
        return report.blocked
    return reply.stop_reason == STOPPED


def blocked_error(reply: ChatReply) -> BlockedByGuardrailError:
    """Says which policies objected to what; quotes nothing."""
    interventions = reply.guardrail.interventions if reply.guardrail else ()
    blocking = [each for each in interventions if each.action == BLOCKED]
    reasons = ", ".join(f"{each.policy.replace('_', ' ')} {each.name}" for each in blocking)
    subject = "request" if any(each.source == "input" for each in blocking) else "answer"
    return BlockedByGuardrailError(
        f"The {subject} was blocked by the content policy{f' ({reasons})' if reasons else ''}.",
        interventions=interventions,
    )
