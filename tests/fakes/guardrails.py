"""A guardrail that blocks a word and masks another, and replies as a guarded model gives them."""

from __future__ import annotations

from lambdas.shared.domain.chat_model import ChatReply, TokenUsage
from lambdas.shared.domain.guardrail import (
    BLOCKED,
    CheckedText,
    Guardrail,
    GuardrailReport,
    GuardrailUnits,
    Intervention,
    Source,
)

GUARDRAIL = Guardrail("gr1", "3", "sync", ("Your request was blocked.", "The answer was blocked."))
BLOCKED_WORD = Intervention("word", "CUSTOM_WORD", BLOCKED, "input")
MASKED_CARD = Intervention("sensitive_information", "CREDIT_DEBIT_CARD_NUMBER", "ANONYMIZED", "output")
UNITS = GuardrailUnits(content=2, topic=2, sensitive_information=2)

USAGE = TokenUsage(1000, 500)


class InMemoryGuardrailChecker:
    """Blocks texts with `forbidden` in them and masks `4111`; `asked` keeps what it was asked."""

    def __init__(self, *, failing: Exception | None = None) -> None:
        self.asked: list[tuple[str, Guardrail, Source]] = []
        self.failing = failing

    def check(self, text: str, *, guardrail: Guardrail, source: Source) -> CheckedText:
        self.asked.append((text, guardrail, source))
        if self.failing is not None:
            raise self.failing
        if "forbidden" in text:
            blocked = GuardrailReport((BLOCKED_WORD._replace(source=source),), UNITS)
            return CheckedText(guardrail.messages[-1], blocked)
        if "4111" in text:
            masked = GuardrailReport((MASKED_CARD._replace(source=source),), UNITS)
            return CheckedText(text.replace("4111", "{CREDIT_DEBIT_CARD_NUMBER}"), masked)
        return CheckedText(text, GuardrailReport(units=UNITS))


def passed(text: str) -> ChatReply:
    """A reply that the guardrail had nothing against."""
    return ChatReply(text, "end_turn", USAGE, GuardrailReport(units=UNITS))


def masked(text: str) -> ChatReply:
    """A reply with something in it that the guardrail has masked."""
    return ChatReply(text, "guardrail_intervened", USAGE, GuardrailReport((MASKED_CARD,), UNITS))


def blocked_input() -> ChatReply:
    """The model was not asked: no tokens, and the guardrail's own message."""
    report = GuardrailReport((BLOCKED_WORD,), UNITS)
    return ChatReply(GUARDRAIL.messages[0], "guardrail_intervened", TokenUsage(0, 0), report)


def blocked_output(text: str = "The answer was blocked.") -> ChatReply:
    """The model was asked and paid; `text` is what a stream had sent, with the guardrail's message."""
    report = GuardrailReport((BLOCKED_WORD._replace(source="output"),), UNITS)
    return ChatReply(text, "guardrail_intervened", USAGE, report)
