"""The content policy around a model call: which guardrail is asked, what it found, and what the asking costs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

Source = Literal["input", "output"]
STOPPED = "guardrail_intervened"
BLOCKED = "BLOCKED"
# What stands for the id where the deployment applies no guardrail: an empty variable would be a missing one.
NOT_APPLIED = "none"
# A text unit is up to a thousand characters: https://aws.amazon.com/bedrock/pricing/
CHARACTERS_PER_UNIT = 1000
_THOUSAND = Decimal(1000)
_STEP = Decimal("1E-10")


class Guardrail(NamedTuple):
    """A published version of a guardrail. `stream_mode`: `sync` = text is assessed before it is sent on, `async` =
    beside it. `messages` are the texts that it puts where it blocked something: they are no answer of a model."""

    id: str
    version: str
    stream_mode: str = "sync"
    messages: tuple[str, ...] = ()


class Intervention(NamedTuple):
    """What a policy did. `policy`: topic, content, word, sensitive_information, contextual_grounding, other; `name`:
    the topic, filter, list or kind of information, never the words that were found; `action`: BLOCKED or ANONYMIZED."""

    policy: str
    name: str
    action: str
    source: Source


class GuardrailUnits(NamedTuple):
    """Text units that were assessed, by policy; word lists and regular expressions are free and not counted."""

    content: int = 0
    topic: int = 0
    sensitive_information: int = 0
    contextual_grounding: int = 0
    content_image: int = 0

    def plus(self, other: GuardrailUnits) -> GuardrailUnits:
        """Both together."""
        return GuardrailUnits(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class GuardrailPrices(NamedTuple):
    """USD per thousand units, fields as in GuardrailUnits. None = not known."""

    content: Decimal | None = None
    topic: Decimal | None = None
    sensitive_information: Decimal | None = None
    contextual_grounding: Decimal | None = None
    content_image: Decimal | None = None
    as_of: str = ""
    source: str = ""

    def price(self, units: GuardrailUnits) -> Decimal | None:
        """USD of the units; None when the price of anything that was used is not known."""
        total = Decimal(0)
        for count, usd_per_thousand in (
            (units.content, self.content),
            (units.topic, self.topic),
            (units.sensitive_information, self.sensitive_information),
            (units.contextual_grounding, self.contextual_grounding),
            (units.content_image, self.content_image),
        ):
            if count:
                if usd_per_thousand is None:
                    return None
                total += count * usd_per_thousand
        return (total / _THOUSAND).quantize(_STEP)


class GuardrailReport(NamedTuple):
    """What the guardrail said of one call, input and output together."""

    interventions: tuple[Intervention, ...] = ()
    units: GuardrailUnits = GuardrailUnits()

    @property
    def blocked(self) -> bool:
        return any(intervention.action == BLOCKED for intervention in self.interventions)


class CheckedText(NamedTuple):
    """A text after its check, masked where it had to be; without meaning when `report.blocked`."""

    text: str
    report: GuardrailReport


class GuardrailChecker(Protocol):
    """Assesses a text where the guardrail cannot go along with the model's call."""

    def check(self, text: str, *, guardrail: Guardrail, source: Source) -> CheckedText:
        """Raises what a model's call raises: throttled, unavailable, not enabled, refused."""
        ...


def deployed_guardrail(identifier: str, version: str, stream_mode: str, messages: str) -> Guardrail | None:
    """The guardrail of a function's environment; `messages` is a JSON list. None where the deployment applies none."""
    if identifier == NOT_APPLIED:
        return None
    return Guardrail(identifier, version, stream_mode, tuple(json.loads(messages)))


def text_units(characters: int) -> int:
    """Of a text of this length: the price knows whole ones."""
    return -(-characters // CHARACTERS_PER_UNIT)


def estimated_units(characters: int) -> GuardrailUnits:
    """At most what the text policies take for a text of this length, where the guardrail did not get to say it."""
    units = text_units(characters)
    return GuardrailUnits(content=units, topic=units, sensitive_information=units)
