"""The guardrail's policy as settings: what is blocked or masked, in words that cdk.json holds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Annotated

from stacks.setting_rules import list_of, map_of, nested, one_of, text

STRENGTHS = ("NONE", "LOW", "MEDIUM", "HIGH")
FILTERS = ("HATE", "INSULTS", "SEXUAL", "VIOLENCE", "MISCONDUCT")
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GuardrailPiiEntityConfig.html
PII_TYPES = (
    "ADDRESS", "AGE", "AWS_ACCESS_KEY", "AWS_SECRET_KEY", "CA_HEALTH_NUMBER", "CA_SOCIAL_INSURANCE_NUMBER",
    "CREDIT_DEBIT_CARD_CVV", "CREDIT_DEBIT_CARD_EXPIRY", "CREDIT_DEBIT_CARD_NUMBER", "DRIVER_ID", "EMAIL",
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER", "IP_ADDRESS", "LICENSE_PLATE", "MAC_ADDRESS", "NAME", "PASSWORD", "PHONE",
    "PIN", "SWIFT_CODE", "UK_NATIONAL_HEALTH_SERVICE_NUMBER", "UK_NATIONAL_INSURANCE_NUMBER",
    "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER", "URL", "USERNAME", "US_BANK_ACCOUNT_NUMBER", "US_BANK_ROUTING_NUMBER",
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "US_PASSPORT_NUMBER", "US_SOCIAL_SECURITY_NUMBER",
    "VEHICLE_IDENTIFICATION_NUMBER",
)  # fmt: skip


_USE = ("apply", "stream_mode")


@dataclass(frozen=True, slots=True)
class DeniedTopic:
    """A subject that is refused whatever the words are. Bedrock's limits: 30 topics, 5 examples each."""

    name: Annotated[str, text(r"[0-9a-zA-Z\-_ !?.]{1,100}", meaning="1 to 100 letters, digits, spaces or -_!?.")]
    definition: Annotated[str, text(r".{1,200}", meaning="1 to 200 characters that say what the topic is")]
    examples: Annotated[tuple[str, ...], list_of(text(r".{1,100}", meaning="1 to 100 characters"), most=5)]


@dataclass(frozen=True, slots=True)
class GuardrailPolicy:
    """Everything that the guardrail does; a change of it publishes a new version. The first two say how calls use it:
    `apply` off deploys it and asks it nothing, `stream_mode` is what a stream does while it is assessed."""

    apply: Annotated[str, one_of("on", "off")]
    stream_mode: Annotated[str, one_of("sync", "async")]
    filters: Annotated[tuple[tuple[str, str], ...], map_of(one_of(*FILTERS), one_of(*STRENGTHS))]
    prompt_attack: Annotated[str, one_of(*STRENGTHS)]
    denied_topics: Annotated[tuple[DeniedTopic, ...], list_of(nested(DeniedTopic), most=30)]
    words: Annotated[tuple[str, ...], list_of(text(r".{1,100}", meaning="1 to 100 characters"), most=1000)]
    profanity: Annotated[bool, one_of(True, False)]
    pii: Annotated[tuple[tuple[str, str], ...], map_of(one_of(*PII_TYPES), one_of("BLOCK", "ANONYMIZE", "NONE"))]
    blocked_input_message: Annotated[str, text(r".{1,500}", meaning="1 to 500 characters")]
    blocked_output_message: Annotated[str, text(r".{1,500}", meaning="1 to 500 characters")]

    @property
    def is_applied(self) -> bool:
        return self.apply == "on"

    @property
    def billed_policies(self) -> tuple[str, ...]:
        """What Bedrock bills text units for; words are free. https://aws.amazon.com/bedrock/pricing/ (Guardrails)"""
        return (
            "content",
            *(("topic",) if self.denied_topics else ()),
            *(("sensitive_information",) if self.pii else ()),
        )

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change with any word of what is blocked or masked."""
        policy = {name: value for name, value in asdict(self).items() if name not in _USE}
        return hashlib.sha256(json.dumps(policy, sort_keys=True).encode()).hexdigest()[:12]
